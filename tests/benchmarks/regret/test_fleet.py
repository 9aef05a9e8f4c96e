"""A fleet that stands at a date in the past knows nothing of what came later."""

from datetime import UTC, datetime, timedelta

import polars as pl

from modelfleet.fleet.axis import Axis
from tests.benchmarks.regret.fleet import Fleet

START = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = 3 * 168


def _fleet() -> Fleet:
    first = int(START.timestamp()) // 3600
    times = [START + timedelta(hours=hour) for hour in range(HOURS)]
    rows = pl.DataFrame(
        {"sensor_id": ["a"] * HOURS, "timestamp": times, "value": [1.0] * HOURS},
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
    rejected = pl.DataFrame({"timestamp": ["2024-01-14 23:00", "2024-01-15 00:00", "soon", None]})
    return Fleet(
        settings={},
        axis=Axis(60, "UTC", first, first + HOURS),
        sensors=pl.DataFrame({"sensor_id": ["a"], "shard": [0]}),
        readings={0: rows, 1: rows.clear()},
        covariates=rows.drop("sensor_id"),
        rejected=rejected,
    )


def test_what_came_later_is_gone():
    """A week ago the axis ended a week earlier, and no table of rows goes beyond its end."""
    fleet = _fleet().back(1)
    end = START + timedelta(hours=2 * 168 - 1)
    assert fleet.axis.end == end
    assert fleet.last_rows() == [end, end]
    assert fleet.readings[0].height == 2 * 168


def test_rejected_rows_of_later_days_are_gone():
    """Rows that name no day stay: nobody knows when they came."""
    assert _fleet().back(1).rejected["timestamp"].to_list() == ["2024-01-14 23:00", "soon", None]


def test_today_is_the_whole_fleet():
    """No week back, nothing is cut."""
    assert _fleet().back(0).readings[0].height == HOURS
