"""Intervals of many sensors in one call, each as if it were alone."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.fleet import interval_evidence
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.interval_evidence import (
    INTERVAL_COLUMNS,
    RESIDUALS,
    interval_shape,
    table_with_intervals,
)
from tests.fleet.tasks.test_tasks import AXIS, FIRST, INTERVALS, WEEK

SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "outcome": pl.String(),
        "reason": pl.String(),
        **INTERVAL_COLUMNS,
    }
)


def rows(*scales: float, weeks: int = 12) -> list[dict[str, Any]]:
    """One sensor per scale of its errors."""
    generator = np.random.default_rng(5)
    return [
        {
            "sensor_id": f"s{k}",
            "outcome": "trained",
            RESIDUALS: generator.normal(scale=scale, size=(weeks, WEEK)),
        }
        for k, scale in enumerate(scales)
    ]


def table(records: list[dict[str, Any]], axis: Axis = AXIS) -> pl.DataFrame:
    """With the usual parameters."""
    return table_with_intervals(records, SCHEMA, axis=axis, parameters=INTERVALS)


def test_every_sensor_gets_half_widths_in_its_unit() -> None:
    """48 of them, near the 90 % quantile of its errors; weeks begin to be covered in the third."""
    small, large = table(rows(1.0, 10.0)).iter_rows(named=True)
    assert len(small["interval"]) == 48
    assert np.mean(small["interval"]) == pytest.approx(1.645, rel=0.15)
    assert np.mean(large["interval"]) == pytest.approx(16.45, rel=0.15)
    assert small["interval_hours"][:3] == [0, 0, 120]
    assert small["coverage"][:2] == [None, None]
    assert 0.85 < np.mean(small["coverage"][2:]) < 0.95
    assert 0.6 < small["interval_factor"] < 1.6


def test_many_at_once_are_what_each_is_alone() -> None:
    """To the bit, whatever stands beside it."""
    many = rows(*np.geomspace(1e-6, 1e6, 30))
    many[7][RESIDUALS][3:] = np.nan
    many[8][RESIDUALS][:] = 1e300
    together = table(many)
    alone = pl.concat([table([row]) for row in many])
    assert together.equals(alone)


def test_who_has_no_residuals_has_no_interval() -> None:
    """A failed sensor keeps its reason, and one that was never right in any hour has nulls."""
    silent, *_ = rows(1.0)
    silent[RESIDUALS][:] = np.nan
    failed = {"sensor_id": "f", "outcome": "failed", "reason": "ValueError: no"}
    found = {row["sensor_id"]: row for row in table([failed, silent]).iter_rows(named=True)}
    assert found["f"]["reason"] == "ValueError: no"
    assert found["f"]["interval"] is None
    assert set(found["s0"]["interval"]) == {None}
    assert found["s0"]["interval_hours"] == [0] * 12
    assert found["s0"]["interval_factor"] == 1.0


def test_one_that_cannot_be_tracked_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others get what they would have had, in the order of the fleet."""
    many = rows(1.0, 2.0, 3.0)
    expected = table(many)
    many[1][RESIDUALS] = many[1][RESIDUALS][:, :5]  # weeks of five hours
    found = table(many)
    assert found["outcome"].to_list() == ["trained", "failed", "trained"]
    assert found["reason"][1].startswith("ValueError: ")
    assert found[::2].equals(expected[::2])

    def exhaust(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(interval_evidence, "track_intervals", exhaust)
    with pytest.raises(MemoryError):
        table(many)


def test_a_fleet_that_is_younger_than_the_judged_weeks_has_intervals() -> None:
    """Weeks before its first reading have no cells, and nobody has residuals there."""
    young = Axis(60, "UTC", FIRST, FIRST + 5 * WEEK)
    (row,) = rows(1.0)
    row[RESIDUALS][:7] = np.nan
    (found,) = table([row], young).iter_rows(named=True)
    assert None not in found["interval"]
    assert found["interval_hours"][:9] == [0] * 9


def test_what_is_sound_shapes_no_interval() -> None:
    """So that asking for more does not train a fleet again; all else does."""
    asked = INTERVALS.model_copy(update={"sound_from": 0.85})
    assert interval_shape(asked) == interval_shape(INTERVALS)
    for name in set(IntervalParameters.model_fields) - {"sound_from", "sound_to"}:
        changed = 3 if name == "window" else getattr(INTERVALS, name) * 0.9
        other = INTERVALS.model_copy(update={name: changed})
        assert interval_shape(other) != interval_shape(INTERVALS)
