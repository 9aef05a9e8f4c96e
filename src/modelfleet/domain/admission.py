"""Which sensors are fit to learn from.

A sensor that is not stays in the fleet: it is quarantined with its reasons and served by its
baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.parameters.validation import AdmissionParameters

__all__ = ["Condition", "SensorCondition", "find_faults"]


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
        rejected_share: share of the sensor's raw rows that were rejected.
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
    rejected_share: FloatArray
    spread: FloatArray


@dataclass(frozen=True)
class Condition:
    """One condition: where it is at fault, what was measured and what was allowed."""

    at_fault: BoolArray
    figure: FloatArray
    threshold: float


def find_faults(sensors: SensorCondition, limits: AdmissionParameters) -> Mapping[str, Condition]:
    """Compare each sensor with each limit.

    Returns:
        reason code to condition, in the order in which reasons are shown. A sensor without any
        reading has the one reason ``no_data``; a silent one is not also blamed for its gap.
    """
    none = ~(sensors.readings > 0)
    silent = ~none & (sensors.silence_hours > limits.max_silence_hours)
    speaking = ~none & ~silent

    def over(figure: FloatArray, limit: float, among: BoolArray) -> Condition:
        return Condition(among & ~(figure <= limit), figure, limit)

    def under(figure: FloatArray, limit: float, among: BoolArray) -> Condition:
        return Condition(among & ~(figure >= limit), figure, limit)

    return {
        "no_data": Condition(none, sensors.readings, 1.0),
        "dead": Condition(silent, sensors.silence_hours, limits.max_silence_hours),
        "too_young": under(sensors.history_weeks, limits.min_history_weeks, ~none),
        "stuck_at_end": over(sensors.stuck_end_hours, limits.max_stuck_end_hours, speaking),
        "stuck": over(sensors.stuck_share, limits.max_stuck_share, speaking),
        "no_variance": Condition(speaking & ~(sensors.spread > 0), sensors.spread, 0.0),
        "low_coverage": under(sensors.coverage, limits.min_coverage, speaking),
        "long_gap": over(sensors.longest_gap_hours, limits.max_gap_hours, speaking),
        "level_jumps": over(sensors.level_jumps, float(limits.max_level_jumps), speaking),
        "too_many_rejected": over(sensors.rejected_share, limits.max_rejected_share, ~none),
    }
