"""Sensors that their owner took out of service, or goes on with under another id."""

import logging
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.errors import SchemaError
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.retirement import find_retired
from tests.fleet.test_admissions import (
    AXIS,
    DAY,
    LENGTH,
    START,
    WEEK,
    admit,
    changed,
    fleet_of,
    sound,
)


@pytest.mark.parametrize(
    ("written", "retired"),
    [
        ("2024-05-31", True), ("2024-05-31 13:00", True), ("2024-05-31T13:00:00Z", True),
        ("true", True), (" TRUE ", True), ("yes", True), ("1", True), ("1.0", True),
        ("2099-01-01", False), ("", False), (None, False), ("false", False), ("no", False),
        ("0", False),
    ],
)  # fmt: skip
def test_how_retirement_is_written(written: str | None, *, retired: bool) -> None:
    """A date that has come or true; a date to come, false and empty are in service."""
    sensors = fleet_of(["a"], gone=[written])
    assert find_retired(sensors, "gone", AXIS)["retired"].to_list() == [retired]
    assert find_retired(sensors, None, AXIS)["retired"].to_list() == [False]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([True, None]),
        pl.Series([1.0, None]),
        pl.Series([datetime(2024, 5, 31).date(), None]),  # noqa: DTZ001 - a day has no zone
        pl.Series([datetime(2024, 5, 31, tzinfo=UTC), None]),
    ],
)
def test_retirement_may_come_typed(column: pl.Series) -> None:
    """As a table of a database would have it."""
    sensors = fleet_of(["a", "b"]).with_columns(column.alias("gone"))
    assert find_retired(sensors, "gone", AXIS)["retired"].to_list() == [True, False]


def test_a_date_begins_on_local_clocks() -> None:
    """Rome is two hours ahead in May; where midnight is skipped, the day begins an hour later."""
    sensors = fleet_of(["a"], gone=["2024-05-31"])
    (begun,) = find_retired(sensors, "gone", AXIS)["retired_from"]
    assert begun == datetime(2024, 5, 30, 22, tzinfo=UTC)
    cairo = Axis(60, "Africa/Cairo", AXIS.first, AXIS.stop)
    skipped = fleet_of(["a"], gone=["2024-04-26"])
    (begun,) = find_retired(skipped, "gone", cairo)["retired_from"]
    assert begun == datetime(2024, 4, 25, 22, tzinfo=UTC)


@pytest.mark.parametrize("written", ["soon", "2024-13-01", "31.05.2024", "2024-05-311"])
def test_what_is_neither_date_nor_flag_is_refused(written: str) -> None:
    """With the sensor, what stands there, and what may."""
    with pytest.raises(SchemaError, match=r"'gone'.*of sensor 'a' is neither a date"):
        find_retired(fleet_of(["a", "b"], gone=[written, ""]), "gone", AXIS)


def test_a_column_that_is_not_there_is_refused() -> None:
    """A misspelt setting would otherwise retire nobody."""
    with pytest.raises(SchemaError, match=r"'gone' is missing; .*validation\.retired_column"):
        find_retired(fleet_of(["a"]), "gone", AXIS)


def test_retired_sensors_are_judged_no_further(caplog: pytest.LogCaptureFixture) -> None:
    """One that still sends is reported; one that fell silent, or stopped that day, is in order."""
    stopped = LENGTH - 2 * DAY
    day = START + timedelta(hours=stopped)
    names = ["flag_quiet", "flag_sends", "date_quiet", "date_sends", "long_ago", "works"]
    gone = ["true", "true", f"{day:%Y-%m-%d}", "2024-05-31", "2024-05-31", ""]
    quiet, ended = changed(-400, None, np.nan), changed(stopped + 5, None, np.nan)
    with caplog.at_level(logging.WARNING):
        found = admit(
            dict(zip(names, [quiet, sound(), ended, sound(), quiet, sound()], strict=True)),
            None,
            fleet_of(names, gone=gone),
            unmet={"flag_quiet": ["flat_line"]},
            retired_column="gone",
        )
    both = ["retired_by_owner", "retired_but_sending"]
    assert {name: row["reasons"] for name, row in found.items()} == {
        "flag_quiet": both[:1], "flag_sends": both, "date_quiet": both[:1], "date_sends": both,
        "long_ago": both[:1], "works": [],
    }  # fmt: skip
    assert [name for name, row in found.items() if row["admitted"]] == ["works"]
    assert "retired sensors that still send: 'date_sends', 'flag_sends'" in caplog.text
    assert found["long_ago"]["explanation"] == ["retired_by_owner: since 2024-05-30 22:00 UTC"]


def test_a_date_before_the_first_reading_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The metadata contradict the readings: one of the two is another sensor's."""
    late = changed(0, LENGTH - 10 * WEEK, np.nan)
    late[-400:] = np.nan
    begun = START + timedelta(weeks=30)
    days = [f"{begun - timedelta(days=3):%Y-%m-%d}", f"{begun + timedelta(days=3):%Y-%m-%d}"]
    with caplog.at_level(logging.WARNING):
        found = admit(
            {"early": late, "late": late, "works": sound()},
            None,
            fleet_of(["early", "late", "works"], gone=[*days, None]),
            retired_column="gone",
        )
    assert found["early"]["reasons"] == ["retired_by_owner", "retired_before_first_reading"]
    assert found["early"]["explanation"][1].endswith(f": first reading {begun:%Y-%m-%d %H:%M} UTC")
    assert found["late"]["reasons"] == ["retired_by_owner"]
    assert "retired before their first reading: 'early'; correct the date" in caplog.text


STOP = LENGTH - 9 * WEEK
OLD = changed(STOP, None, np.nan)


def new(level: float = 20.0, after: int = 5) -> np.ndarray:
    """A sensor that began some hours after the old one stopped."""
    return np.where(np.arange(LENGTH) >= STOP + after, sound(level, 7), np.nan)


def test_a_renamed_sensor_is_retired_and_its_new_id_starts_afresh() -> None:
    """The metadata say under which id it goes on; each of the two says so."""
    sensors = fleet_of(["old", "new", "works"], renamed_from=[None, "old", None])
    found = admit({"old": OLD, "new": new(), "works": sound()}, None, sensors)
    assert found["old"]["reasons"] == ["retired_by_owner", "renamed"]
    assert found["old"]["explanation"] == ["retired_by_owner", "renamed: goes on as new"]
    assert found["new"]["reasons"] == ["too_young"]
    assert found["new"]["explanation"][0].endswith("limit 30 (was old)")
    assert found["works"]["admitted"]


def test_a_renamed_sensor_that_still_sends_is_reported() -> None:
    """Then it is no renaming, but two sensors."""
    sensors = fleet_of(["old", "new"], renamed_from=[None, "old"])
    found = admit({"old": sound(), "new": sound(30)}, None, sensors)
    assert found["old"]["reasons"] == ["retired_by_owner", "renamed", "retired_but_sending"]
    assert found["new"]["admitted"]


def test_a_sensor_that_looks_renamed_is_named_to_its_successor() -> None:
    """Also where the new id stands in no metadata; another level or a long pause is no sign."""
    sensors = fleet_of(["old", "new", "other", "later"], kind=["flow", None, "flow", "flow"])
    series = {"old": OLD, "new": new(20.5), "other": new(60.0), "later": new(20.0, 10 * DAY)}
    found = admit(series, None, sensors)
    assert found["old"]["explanation"][0].endswith("(new began when it stopped: renamed?)")
    assert found["new"]["explanation"][0].endswith("(began when old stopped: renamed?)")
    assert "renamed" not in found["other"]["explanation"][0] + found["later"]["explanation"][0]


def test_a_sensor_of_another_kind_is_no_successor() -> None:
    """A pressure does not go on as a flow."""
    sensors = fleet_of(["old", "new"], kind=["flow", "pressure"])
    found = admit({"old": OLD, "new": new()}, None, sensors)
    assert "renamed" not in found["old"]["explanation"][0] + found["new"]["explanation"][0]
