"""From configuration to arrays: which rule holds for whom."""

import numpy as np
import pytest
from omegaconf import OmegaConf
from pydantic import ValidationError

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.rule_selection import RuleSubjects, select_rules
from tests.domain.parameters.configuration import CONF, shipped

INF = np.inf
SUBJECTS = RuleSubjects(
    sensor_ids=["a", "b", "c"],
    cohorts=["north", "north", "south"],
    kinds=["flow", "level", None],
    columns={"lower_limit": np.array([0.0, np.nan, -5.0]), "upper_limit": np.full(3, 10.0)},
)


def select(**sections):
    """Rules of the three sensors."""
    return select_rules(RuleParameters(**sections), SUBJECTS)


@pytest.mark.parametrize(
    ("whom", "high"),
    [
        ({}, [7, 7, 7]),
        ({"sensors": ["c", "a"]}, [7, INF, 7]),
        ({"cohorts": ["north"]}, [7, 7, INF]),
        ({"kinds": ["level", "flow"]}, [7, 7, INF]),
        ({"kinds": ["pressure"]}, [INF, INF, INF]),
    ],
)
def test_a_rule_holds_for_whom_it_names(whom, high):
    """Nobody named means all; a name that the fleet does not have concerns nobody."""
    (found,) = select(limits=[{"name": "r", "high": 7, **whom}]).limits
    assert found.high.tolist() == high
    assert found.low.tolist() == [-INF] * 3


def test_a_bound_can_be_a_column_of_the_metadata():
    """Where its entry is empty, there is no bound."""
    rule = {"name": "r", "low": "lower_limit", "high": "upper_limit", "cohorts": ["north"]}
    (found,) = select(limits=[rule]).limits
    assert found.low.tolist() == [0, -INF, -INF]
    assert found.high.tolist() == [10, 10, INF]


def test_a_change_is_a_number_or_a_column():
    """Sensors that the rule does not name may change as they will."""
    changes = [
        {"name": "r", "max_change": 2, "kinds": ["flow"]},
        {"name": "s", "max_change": "upper_limit"},
    ]
    found = select(rate_of_change=changes).changes
    assert [each.largest.tolist() for each in found] == [[2, INF, INF], [10, 10, 10]]


def test_each_cohort_adds_up_by_itself():
    """One rule for two cohorts is two sums with one name; cohorts without sensors have none."""
    rule = {"name": "r", "cohorts": ["north", "south", "west"], "low": 0.5, "share_of": "b"}
    found = select(cohort_sum=[rule]).sums
    assert [each.members.tolist() for each in found] == [[True, True, False], [False, False, True]]
    assert {(each.name, each.low, each.high, each.share_of) for each in found} == {
        ("r", 0.5, INF, 1)
    }


def test_columns_and_sensors_that_are_not_there_are_all_named():
    """A misspelt column would otherwise limit nothing."""
    with pytest.raises(ConfigurationError) as raised:
        select(
            limits=[{"name": "r", "low": "lowest", "high": "upper_limit"}],
            rate_of_change=[{"name": "s", "max_change": "fastest"}],
            cohort_sum=[{"name": "t", "cohorts": ["north"], "high": 1, "share_of": "z"}],
        )
    message = str(raised.value)
    assert "no column 'fastest', 'lowest', but 'lower_limit', 'upper_limit'" in message
    assert "share_of names no sensor of the fleet: 'z'" in message
    assert "parameters_rules.yml" in message


def test_what_is_shipped_limits_every_sensor_by_its_metadata():
    """The same columns that reject impossible readings."""
    rules = select_rules(RuleParameters(**shipped()["rules"]), SUBJECTS)
    assert rules.names == ("model", "no_forecast", "physically_possible")
    assert rules.limits[0].low.tolist() == [0, -INF, -5]


LIMIT = {"name": "r", "low": 0}


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"limits": [{"name": "r"}]}, "give low, high or both"),
        ({"limits": [{"name": "r", "low": 2, "high": 1}]}, "nothing lies between"),
        ({"limits": [{**LIMIT, "kinds": ["a"], "sensors": ["b"]}]}, "at most one of the three"),
        ({"limits": [{**LIMIT, "name": "Too high"}]}, "match pattern"),
        ({"limits": [{**LIMIT, "name": "no_forecast"}]}, "mean something else"),
        ({"limits": [LIMIT, LIMIT]}, "name more than one rule"),
        ({"limits": [LIMIT], "rate_of_change": [{"name": "r", "max_change": 1}]}, "more than one"),
        ({"limits": [{"name": "r", "low": True}]}, "valid"),
        ({"limits": [{"name": "r", "low": float("nan")}]}, "finite number"),
        ({"rate_of_change": [{"name": "r", "max_change": -1}]}, "greater than or equal to 0"),
        ({"cohort_sum": [{"name": "r", "cohorts": [], "low": 0}]}, "at least 1 item"),
        ({"cohort_sum": [{"name": "r", "cohorts": ["a"]}]}, "give low, high or both"),
        ({"cohort_sum": [{"name": "r", "cohorts": ["a"], "low": 3, "high": 2}]}, "lies between"),
        ({"maxima": []}, "Extra inputs"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(sections, words):
    """Before anything runs."""
    with pytest.raises(ValidationError, match=words):
        RuleParameters(**sections)


def test_the_examples_beside_the_rules_are_right():
    """What people copy from the comment in `conf/base` is accepted."""
    lines = (CONF / "base" / "parameters_rules.yml").read_text().splitlines()
    shown = "\n".join(line[2:] for line in lines if line.startswith("#   "))
    found = RuleParameters.model_validate(OmegaConf.to_container(OmegaConf.create(shown)))
    assert found.rate_of_change[0].max_change == 15
    assert found.cohort_sum[0].share_of == "Q_PUMP_1"
