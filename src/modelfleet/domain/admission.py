"""Which sensors are fit to learn from.

A sensor that is not stays in the fleet: it is quarantined with its reasons and served by its
baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.parameters.validation import AdmissionParameters

__all__ = ["AdmissionLimits", "Condition", "SensorCondition", "find_faults"]


@dataclass(frozen=True)
class SensorCondition:
    """Figures of ``n`` sensors, NaN where unknown; shapes (n,).

    Attributes:
        readings: values in the history.
        history_weeks: from the first value to the end of the fleet's data.
        silence_hours: from the last value to the end of the fleet's data.
        coverage: share of the recent steps with a value.
        longest_gap_hours: longest stretch of recent steps without a value.
        stuck_share: share of the recent values that stand in stuck runs.
        stuck_end_hours: length of the run of one same value at the end.
        level_jumps: recent days on which the level jumped by a large factor, or back.
        level_ratio: largest factor by which the level changed and stayed.
        shift_days: days since the level changed for good.
        swap_mismatch: how far a sensor and its likeliest partner miss each other's former level;
            infinite without a partner.
        rows_per_step: recent rows that came in per step of the grid.
        off_grid_share: share of the sensor's recent raw rows that missed the grid.
        rejected_share: share of the sensor's recent raw rows that were rejected.
        spread: standard deviation of the values.
    """

    readings: FloatArray
    history_weeks: FloatArray
    silence_hours: FloatArray
    coverage: FloatArray
    longest_gap_hours: FloatArray
    stuck_share: FloatArray
    stuck_end_hours: FloatArray
    level_jumps: FloatArray
    level_ratio: FloatArray
    shift_days: FloatArray
    swap_mismatch: FloatArray
    rows_per_step: FloatArray
    off_grid_share: FloatArray
    rejected_share: FloatArray
    spread: FloatArray


@dataclass(frozen=True)
class AdmissionLimits:
    """One limit per sensor, named as in :class:`AdmissionParameters`; shapes (n,)."""

    min_history_weeks: FloatArray
    max_silence_hours: FloatArray
    min_coverage: FloatArray
    max_gap_hours: FloatArray
    max_stuck_share: FloatArray
    max_stuck_end_hours: FloatArray
    max_level_jumps: FloatArray
    max_level_ratio: FloatArray
    max_shift_days: FloatArray
    min_swap_mismatch: FloatArray
    max_rows_per_step: FloatArray
    max_off_grid_share: FloatArray
    max_rejected_share: FloatArray

    @classmethod
    def uniform(cls, parameters: AdmissionParameters, count: int) -> Self:
        """The same limits for ``count`` sensors."""
        return cls(
            **{
                each.name: np.full(count, float(getattr(parameters, each.name)))
                for each in fields(cls)
            }
        )


@dataclass(frozen=True)
class Condition:
    """One condition: where it is at fault, what was measured and what was allowed; shapes (n,).

    Attributes:
        at_fault: sensors that do not meet it.
        figure: what was measured.
        threshold: what was allowed.
        limit: name of the limit, ``None`` where it is not a matter of configuration.
    """

    at_fault: BoolArray
    figure: FloatArray
    threshold: FloatArray
    limit: str | None = None


@dataclass(frozen=True)
class _Judge:
    """Compares figures with the limits of each sensor; an unknown figure is at fault."""

    limits: AdmissionLimits

    def over(self, name: str, figure: FloatArray, among: BoolArray) -> Condition:
        limit: FloatArray = getattr(self.limits, name)
        return Condition(among & ~(figure <= limit), figure, limit, name)

    def under(self, name: str, figure: FloatArray, among: BoolArray) -> Condition:
        limit: FloatArray = getattr(self.limits, name)
        return Condition(among & ~(figure >= limit), figure, limit, name)


def find_faults(sensors: SensorCondition, limits: AdmissionLimits) -> Mapping[str, Condition]:
    """Compare each sensor with each of its limits.

    Returns:
        reason code to condition, in the order in which reasons are shown. One cause is one reason:
        a sensor that never sent a row is only ``no_data``, a silent one is not also blamed for its
        gap, nor an exchanged one for its new level, nor a drifting clock for the rows it cost.
    """
    judge = _Judge(limits)
    none = ~(sensors.readings > 0)
    dead = judge.over("max_silence_hours", sensors.silence_hours, ~none)
    speaking = ~none & ~dead.at_fault
    return {
        "no_data": Condition(none, sensors.readings, np.ones_like(sensors.readings)),
        "dead": dead,
        "too_young": judge.under("min_history_weeks", sensors.history_weeks, ~none),
        **_flatness(sensors, judge, speaking),
        "low_coverage": judge.under("min_coverage", sensors.coverage, speaking),
        "long_gap": judge.over("max_gap_hours", sensors.longest_gap_hours, speaking),
        **_levels(sensors, judge, speaking),
        **_rows(sensors, judge, ~none | (sensors.rejected_share > 0)),
    }


def _flatness(
    sensors: SensorCondition, judge: _Judge, speaking: BoolArray
) -> Mapping[str, Condition]:
    return {
        "stuck_at_end": judge.over("max_stuck_end_hours", sensors.stuck_end_hours, speaking),
        "stuck": judge.over("max_stuck_share", sensors.stuck_share, speaking),
        "no_variance": Condition(
            speaking & ~(sensors.spread > 0), sensors.spread, np.zeros_like(sensors.spread)
        ),
    }


def _levels(
    sensors: SensorCondition, judge: _Judge, speaking: BoolArray
) -> Mapping[str, Condition]:
    switched = judge.over("max_level_ratio", sensors.level_ratio, speaking)
    steady = speaking & ~switched.at_fault
    swapped = judge.under("min_swap_mismatch", sensors.swap_mismatch, steady)
    steady = steady & ~swapped.at_fault
    return {
        "unit_switch": switched,
        "looks_swapped": swapped,
        "level_shift": judge.over("max_shift_days", sensors.shift_days, steady),
        "level_jumps": judge.over("max_level_jumps", sensors.level_jumps, steady),
    }


def _rows(sensors: SensorCondition, judge: _Judge, sending: BoolArray) -> Mapping[str, Condition]:
    many = judge.over("max_rows_per_step", sensors.rows_per_step, sending)
    sound = sending & ~many.at_fault
    drift = judge.over("max_off_grid_share", sensors.off_grid_share, sound)
    left = sensors.rejected_share - np.where(drift.at_fault, sensors.off_grid_share, 0.0)
    return {
        "too_many_rows": many,
        "clock_drift": drift,
        "too_many_rejected": judge.over("max_rejected_share", left, sound),
    }
