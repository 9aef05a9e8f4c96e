"""Which sensors are fit to learn from."""

from dataclasses import fields

import numpy as np
import pytest

from modelfleet.domain.admission import SensorCondition, find_faults
from modelfleet.domain.parameters.validation import AdmissionParameters

LIMITS = AdmissionParameters(
    min_history_weeks=30,
    max_silence_hours=168,
    min_coverage=0.7,
    max_gap_hours=672,
    max_stuck_share=0.02,
    max_stuck_end_hours=24,
    max_level_jumps=2,
    max_rejected_share=0.2,
)
HEALTHY = {
    "readings": 6000.0,
    "history_weeks": 30.0,
    "silence_hours": 168.0,
    "coverage": 0.7,
    "longest_gap_hours": 672.0,
    "stuck_share": 0.02,
    "stuck_end_hours": 24.0,
    "level_jumps": 2.0,
    "rejected_share": 0.2,
    "spread": 1e-9,
}


def condition(**changed):
    """One sensor that is just fit, but for what is changed."""
    figures = {**HEALTHY, **changed}
    return SensorCondition(
        **{field.name: np.array([figures[field.name]]) for field in fields(SensorCondition)}
    )


def reasons(**changed):
    """The codes of what is wrong with one sensor."""
    faults = find_faults(condition(**changed), LIMITS)
    return [code for code, fault in faults.items() if fault.at_fault[0]]


def test_limits_belong_to_what_is_allowed():
    """A sensor that stands at every limit is admitted."""
    assert reasons() == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"history_weeks": 29.9}, "too_young"),
        ({"stuck_end_hours": 25.0}, "stuck_at_end"),
        ({"stuck_share": 0.021}, "stuck"),
        ({"spread": 0.0}, "no_variance"),
        ({"coverage": 0.69}, "low_coverage"),
        ({"longest_gap_hours": 673.0}, "long_gap"),
        ({"level_jumps": 3.0}, "level_jumps"),
        ({"rejected_share": 0.21}, "too_many_rejected"),
        ({"silence_hours": 169.0}, "dead"),
        ({"readings": 0.0}, "no_data"),
        ({"readings": np.nan}, "no_data"),
        ({"history_weeks": np.nan}, "too_young"),
        ({"coverage": np.nan}, "low_coverage"),
        ({"spread": np.nan}, "no_variance"),
    ],
)
def test_each_fault_has_its_reason(changed, code):
    """One figure beyond its limit, or not to be known, is one reason."""
    assert reasons(**changed) == [code]


def test_a_sensor_without_data_has_one_reason():
    """Who has never spoken is not blamed for gaps and silence as well."""
    nothing = dict.fromkeys(HEALTHY, np.nan) | {"readings": 0.0}
    assert reasons(**nothing) == ["no_data"]


def test_a_dead_sensor_is_not_blamed_for_its_gap():
    """Silence explains the low coverage, the long gap and the flat end."""
    assert reasons(
        silence_hours=1000.0, longest_gap_hours=1000.0, coverage=0.1, stuck_end_hours=99.0
    ) == ["dead"]


def test_several_faults_are_told_together():
    """People repair a sensor once."""
    assert reasons(history_weeks=1.0, coverage=0.1, rejected_share=0.9) == [
        "too_young",
        "low_coverage",
        "too_many_rejected",
    ]


def test_a_reason_comes_with_figure_and_limit():
    """What was measured and what was allowed stand in the ledger."""
    fault = find_faults(condition(coverage=0.25), LIMITS)["low_coverage"]
    assert (fault.figure[0], fault.threshold) == (0.25, 0.7)


def test_no_sensor_no_fault():
    """An empty fleet is in order."""
    empty = SensorCondition(**{name: np.empty(0) for name in HEALTHY})
    assert all(fault.at_fault.shape == (0,) for fault in find_faults(empty, LIMITS).values())
