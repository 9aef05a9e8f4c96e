"""Names of cohorts and kinds become what the gate asks of each sensor."""

import logging
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.parameters.evaluation import GateParameters
from modelfleet.fleet.demands import demands_of, warn_of_strange_groups
from tests.domain.parameters.configuration import shipped

SENSORS = pl.DataFrame(
    {
        "cohort": ["flow/A", "flow/B", "level/A", "level/A", None],
        "kind": ["flow", "flow", "level", None, None],
    },
    schema={"cohort": pl.String, "kind": pl.String},
)


def gate(**changed: Any) -> GateParameters:
    """The shipped gate with other settings by group."""
    return GateParameters.model_validate({**shipped()["evaluation"]["gate"], **changed})


def test_each_sensor_has_its_own_demands() -> None:
    """Its cohort's, else its kind's, else the default; also without a kind or a cohort."""
    found = demands_of(
        SENSORS,
        gate(
            mode={"default": "expected", "kinds": {"level": "strict"}},
            margin={"default": 0, "kinds": {"flow": 0.1}, "cohorts": {"flow/A": 0.2}},
            min_probability={"default": 0.8, "cohorts": {"level/A": 0.9}},
        ),
    )
    assert found.strict.tolist() == [False, False, True, False, False]
    assert found.margin.tolist() == [0.2, 0.1, 0, 0, 0]
    assert found.min_probability.tolist() == [0.8, 0.8, 0.9, 0.9, 0.8]


def test_no_sensors_no_demands() -> None:
    """An empty fleet is no error."""
    found = demands_of(SENSORS.clear(), gate())
    assert len(found.strict) == len(found.margin) == len(found.min_probability) == 0


def test_a_group_that_the_fleet_does_not_have_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A misspelt cohort would silently be judged by the default."""
    wrong = gate(
        mode={"default": "expected", "cohorts": {"flow/a": "strict"}},
        margin={"default": 0, "kinds": {"flow": 0.1}},
    )
    with caplog.at_level(logging.WARNING):
        warn_of_strange_groups(SENSORS, wrong)
    (record,) = caplog.records
    assert "evaluation.gate.mode.cohorts: the fleet has no 'flow/a'" in record.getMessage()
