"""What share of a sensor's rows was refused of late."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from modelfleet.fleet.axis import Axis
from modelfleet.fleet.refusals import with_refusals

WEEK = 168
START = datetime(2021, 1, 4, tzinfo=UTC)
FIRST = int(START.timestamp()) // 3600
AXIS = Axis(60, "Europe/Rome", FIRST, FIRST + 156 * WEEK)
RECENT = 20
RECENT_BEGIN = AXIS.end - timedelta(weeks=RECENT)


def rows(
    count: int, begin: datetime, reason: str = "off_grid", form: str = "%Y-%m-%dT%H:%M"
) -> pl.DataFrame:
    """So many rejected rows of the sensor, one an hour."""
    stamps = [f"{begin + timedelta(hours=i):{form}}" for i in range(count)]
    return pl.DataFrame({"sensor_id": "a", "timestamp": stamps, "reason": reason})


def figures(
    rejected: pl.DataFrame, *, coverage: float | None = 1.0, weeks: float | None = 156.0
) -> dict[str, float]:
    """What is told of a sensor with this history, and of one beside it without a rejected row."""
    profiles = pl.DataFrame(
        {"sensor_id": ["a", "b"], "history_weeks": [weeks, 156.0], "coverage": [coverage, 1.0]}
    )
    found, other = with_refusals(profiles, rejected, axis=AXIS, recent_weeks=RECENT).iter_rows(
        named=True
    )
    assert other["rejected_rows"] == other["rejected_share"] == other["off_grid_share"] == 0
    assert other["rows_per_step"] == 1
    return dict(found)


@pytest.mark.parametrize(
    "form", ["%Y-%m-%dT%H:%M", " %Y-%m-%d %H:%M:%S.000000", "%Y-%m-%dT%H:%M+01:00"]
)
def test_a_bad_month_years_ago_is_history(form: str) -> None:
    """However the source writes its times; the rows stay counted."""
    found = figures(rows(720, START, form=form))
    assert found["rejected_rows"] == found["off_grid_rows"] == 720
    assert found["rejected_share"] == found["off_grid_share"] == 0
    assert found["rows_per_step"] == 1


def test_a_bad_month_of_late_weighs_in_the_recent_weeks_alone() -> None:
    """Of three sound years it would be next to nothing."""
    found = figures(rows(720, AXIS.end - timedelta(hours=719)))
    sent = RECENT * WEEK + 720
    assert found["rejected_share"] == found["off_grid_share"] == pytest.approx(720 / sent)
    assert found["rows_per_step"] == pytest.approx(sent / (RECENT * WEEK))


def test_reasons_have_their_own_columns() -> None:
    """Only what missed the grid is drift; only values outside the limits are out of range."""
    bad = [rows(10, RECENT_BEGIN + timedelta(days=2), reason) for reason in (
        "off_grid", "below_lower_limit", "above_upper_limit", "conflicting_values",
    )]  # fmt: skip
    found = figures(pl.concat(bad))
    assert (found["rejected_rows"], found["out_of_range_rows"], found["off_grid_rows"]) == (
        40,
        20,
        10,
    )
    assert found["rejected_share"] == pytest.approx(4 * found["off_grid_share"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "missing_timestamp"),
        ("", "missing_timestamp"),
        ("soon", "unreadable_timestamp"),
        ("31.01.2022 13:00", "unreadable_timestamp"),
        ("1970-01-18 02:00", "implausible_time"),
        ("57971-03-02 00:00", "implausible_time"),
        ("2099-01-01 00:00", "in_the_future"),
    ],
)
def test_rows_of_no_day_are_spread_over_the_history(text: str | None, reason: str) -> None:
    """They neither vanish nor fall upon the recent weeks all at once."""
    bad = rows(15_600, START, reason).with_columns(timestamp=pl.lit(text, dtype=pl.String))
    found = figures(bad)
    assert found["rejected_share"] == pytest.approx(2_000 / (2_000 + RECENT * WEEK))
    young = figures(bad.head(100), weeks=5.0)
    assert young["rejected_share"] == pytest.approx(100 / (100 + 5 * WEEK))


def test_a_sensor_that_is_never_understood_is_seen() -> None:
    """No reading, and three rows an hour that miss the grid."""
    bad = pl.concat([rows(156 * WEEK, START)] * 3)
    found = figures(bad, coverage=None, weeks=None)
    assert found["rejected_share"] == found["off_grid_share"] == 1
    assert found["rows_per_step"] == pytest.approx(3, rel=0.01)
