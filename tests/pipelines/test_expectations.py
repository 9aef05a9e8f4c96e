"""Expectations from configuration, and what follows where one is not met."""

from typing import Any

import pandas as pd
import pytest

from modelfleet.domain.errors import ConfigurationError, ExpectationError
from modelfleet.domain.parameters.validation import Expectation
from modelfleet.pipelines.validation.expectations import (
    check_expectations,
    stop_if_unmet,
    unmet_by_sensor,
)

PROFILES = pd.DataFrame({"sensor_id": ["007", "../x", "c"], "coverage": [0.9, 0.1, 0.2]})
FLEET = pd.DataFrame({"sensors": [3]})


def expectation(
    kind: str, consequence: str, table: str = "profiles", **arguments: Any
) -> Expectation:
    """One expectation."""
    return Expectation.model_validate(
        {
            "table": table,
            "type": kind,
            "arguments": arguments,
            "consequence": consequence,
            "reason": "because",
        }
    )


def check(*expectations: Expectation) -> list[dict[str, Any]]:
    """Check against the three sensors."""
    return check_expectations({"profiles": PROFILES, "fleet": FLEET}, expectations)


COVERED = ("expect_column_values_to_be_between",)


def test_failing_sensors_are_named_and_quarantined() -> None:
    """The reason of the expectation becomes the sensor's; ids stay text."""
    met = expectation(*COVERED, "stop", table="fleet", column="sensors", min_value=1)
    unmet = expectation(*COVERED, "quarantine", column="coverage", min_value=0.5)
    results = check(unmet, met)
    assert [result["success"] for result in results] == [False, True]
    assert results[0]["unexpected_sensors"] == ["../x", "c"]
    assert results[0]["unexpected_count"] == 2
    assert "not met by '../x', 'c'" in results[0]["message"]
    assert unmet_by_sensor(results) == {"../x": ["because"], "c": ["because"]}
    stop_if_unmet(results)


def test_the_run_stops_and_says_everything_that_is_not_met() -> None:
    """All of them at once, with what was seen and what to do."""
    results = check(
        expectation(*COVERED, "stop", table="fleet", column="sensors", min_value=10),
        expectation("expect_table_row_count_to_equal", "stop", value=4),
        expectation(*COVERED, "warn", column="coverage", min_value=0.5),
    )
    with pytest.raises(ExpectationError, match="2 expectation") as caught:
        stop_if_unmet(results)
    assert "observed 3" in str(caught.value)
    assert "parameters_validation.yml" in str(caught.value)
    assert unmet_by_sensor(results) == {}


def test_a_missing_column_is_not_met_rather_than_passed_over() -> None:
    """What cannot be looked at is no success."""
    (result,) = check(expectation(*COVERED, "warn", column="absent", min_value=0))
    assert not result["success"]
    assert "absent" in result["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        expectation("expect_the_unexpected", "warn"),
        expectation(*COVERED, "warn", colum="coverage"),
    ],
)
def test_an_expectation_that_cannot_be_made_is_a_configuration_error(wrong: Expectation) -> None:
    """It names the type and its arguments."""
    with pytest.raises(ConfigurationError, match=wrong.type):
        check(wrong)


def test_no_expectations_need_no_library() -> None:
    """Nothing asked, nothing loaded."""
    assert check() == []
