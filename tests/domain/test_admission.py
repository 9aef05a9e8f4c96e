"""Which sensors are fit to learn from."""

from dataclasses import fields

import numpy as np
import pytest

from modelfleet.domain.admission import AdmissionLimits, SensorCondition, find_faults
from modelfleet.domain.parameters.validation import AdmissionOverrides, AdmissionParameters

LIMITS = AdmissionParameters(
    min_history_weeks=30,
    max_silence_hours=168,
    min_coverage=0.7,
    max_gap_hours=672,
    max_stuck_share=0.02,
    max_stuck_end_hours=24,
    max_level_jumps=2,
    max_level_ratio=50,
    max_shift_days=0,
    min_swap_mismatch=0.25,
    max_rows_per_step=2,
    max_off_grid_share=0.05,
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
    "level_ratio": 50.0,
    "shift_days": 0.0,
    "swap_mismatch": 0.25,
    "rows_per_step": 2.0,
    "off_grid_share": 0.05,
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
    faults = find_faults(condition(**changed), AdmissionLimits.uniform(LIMITS, 1))
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
        ({"level_ratio": 51.0}, "unit_switch"),
        ({"shift_days": 7.0}, "level_shift"),
        ({"swap_mismatch": 0.24}, "looks_swapped"),
        ({"rows_per_step": 2.1}, "too_many_rows"),
        ({"off_grid_share": 0.06}, "clock_drift"),
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


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (
            {"level_ratio": 1e3, "level_jumps": 9.0, "shift_days": 9.0, "swap_mismatch": 0.0},
            "unit_switch",
        ),
        ({"swap_mismatch": 0.0, "level_jumps": 9.0, "shift_days": 9.0}, "looks_swapped"),
        ({"rows_per_step": 99.0, "off_grid_share": 0.9, "rejected_share": 0.99}, "too_many_rows"),
        ({"off_grid_share": 0.5, "rejected_share": 0.6}, "clock_drift"),
    ],
)
def test_one_cause_is_one_reason(changed, code):
    """A change of unit is also a shift and many jumps; people are told the unit."""
    assert reasons(**changed) == [code]


def test_what_a_drifting_clock_does_not_explain_is_told():
    """Rows that were rejected for other reasons are still too many."""
    assert reasons(off_grid_share=0.1, rejected_share=0.5) == ["clock_drift", "too_many_rejected"]


def test_a_sensor_of_which_all_rows_were_rejected_is_told_why():
    """It sent, so it is not only without data."""
    nothing = dict.fromkeys(HEALTHY, np.nan) | {"readings": 0.0, "rows_per_step": 1.0}
    assert reasons(**nothing) == ["no_data"]
    sent = nothing | {"rejected_share": 1.0, "off_grid_share": 1.0}
    assert reasons(**sent) == ["no_data", "clock_drift"]


def test_a_reason_comes_with_figure_and_limit():
    """What was measured and what was allowed stand in the ledger."""
    limits = AdmissionLimits.uniform(LIMITS, 1)
    fault = find_faults(condition(coverage=0.25), limits)["low_coverage"]
    assert (fault.figure[0], fault.threshold[0], fault.limit) == (0.25, 0.7, "min_coverage")


def test_every_sensor_has_limits_of_its_own():
    """Two equal sensors, one of which may stand still."""
    two = SensorCondition(**{name: np.full(2, value) for name, value in HEALTHY.items()})
    two.stuck_share[:] = 0.3
    limits = AdmissionLimits.uniform(LIMITS, 2)
    limits.max_stuck_share[1] = 0.5
    assert find_faults(two, limits)["stuck"].at_fault.tolist() == [True, False]


def test_every_limit_of_the_configuration_is_compared():
    """None is read and then forgotten."""
    found = find_faults(condition(), AdmissionLimits.uniform(LIMITS, 1))
    names = {fault.limit for fault in found.values()} - {None}
    assert names == set(AdmissionParameters.model_fields)


def test_every_limit_can_be_excepted():
    """The exceptions know the same limits, with the same bounds."""
    general, other = AdmissionParameters.model_fields, AdmissionOverrides.model_fields
    assert list(general) == list(other)
    for name in general:
        assert AdmissionOverrides.model_validate({name: getattr(LIMITS, name)}).given
        with pytest.raises(ValueError, match=name):
            AdmissionOverrides.model_validate({name: -1})


def test_no_sensor_no_fault():
    """An empty fleet is in order."""
    empty = SensorCondition(**{name: np.empty(0) for name in HEALTHY})
    found = find_faults(empty, AdmissionLimits.uniform(LIMITS, 0))
    assert all(fault.at_fault.shape == (0,) for fault in found.values())
