"""Rules as a worker gets them: those of its sensor, with their bounds filled in."""

import pickle
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.fleet.roster import make_roster
from modelfleet.fleet.sensor_rules import NO_RULES, SensorRules, rules_by_sensor

SENSORS = pl.DataFrame(
    {
        "sensor_id": ["a", "b", "c"],
        "cohort": ["x", "x", "y"],
        "kind": ["demand", "pressure", None],
        "shard": [0, 0, 0],
        "lower_limit": [0.0, None, None],
        "upper_limit": [9.0, 90.0, None],
        "rule_value": [None, None, 3.0],
    }
)


def rules(**groups: Any) -> RuleParameters:
    """Configured rules."""
    return RuleParameters.model_validate(groups)


def test_bounds_come_from_the_sensors_metadata() -> None:
    """A sensor without one is not bound by it; one without any has no rules at all."""
    limits = [{"name": "possible", "low": "lower_limit", "high": "upper_limit"}]
    found = rules_by_sensor(SENSORS, rules(limits=limits))
    assert found == {
        "a": SensorRules(limits=(("possible", 0.0, 9.0),)),
        "b": SensorRules(limits=(("possible", float("-inf"), 90.0),)),
    }


def test_rules_hold_for_the_kinds_cohorts_and_sensors_that_they_name() -> None:
    """In the order of the configuration; a column may be the largest change, too."""
    found = rules_by_sensor(
        SENSORS,
        rules(
            limits=[
                {"name": "not_below", "low": 1, "cohorts": ["x"]},
                {"name": "not_above", "high": 5, "sensors": ["a"]},
            ],
            rate_of_change=[
                {"name": "no_jump", "max_change": 15, "kinds": ["pressure"]},
                {"name": "by_column", "max_change": "rule_value"},
            ],
        ),
    )
    assert [name for name, *_ in found["a"].limits] == ["not_below", "not_above"]
    assert found["b"].changes == (("no_jump", 15.0),)
    assert found["c"] == SensorRules(changes=(("by_column", 3.0),))


def test_a_column_or_a_measure_that_is_not_there_is_told_before_anything_is_computed() -> None:
    """With what there is instead."""
    asked = rules(
        limits=[{"name": "possible", "low": "lowest"}],
        cohort_sum=[{"name": "adds_up", "cohorts": ["x"], "low": 0.5, "share_of": "z"}],
    )
    with pytest.raises(
        ConfigurationError, match=r"no column 'lowest'.*no sensor of the fleet: 'z'"
    ):
        rules_by_sensor(SENSORS, asked)


def test_a_worker_gets_the_rules_of_its_sensors_and_they_name_its_result() -> None:
    """Another bound is another fingerprint of that sensor; rules survive the way to a process."""
    bound = rules_by_sensor(SENSORS, rules(limits=[{"name": "possible", "high": "upper_limit"}]))
    everybody = dict.fromkeys("abc", "r")
    members = list(make_roster(SENSORS, everybody, {}, rules=bound).all())
    free = list(make_roster(SENSORS, everybody, {}).all())
    assert [member.rules for member in members] == [bound["a"], bound["b"], NO_RULES]
    assert [m.key() == f.key() for m, f in zip(members, free, strict=True)] == [False, False, True]
    assert pickle.loads(pickle.dumps(members)) == members
