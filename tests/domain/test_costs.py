"""What a sensor costs in a year, and that nothing unknown looks cheap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from modelfleet.domain.costs import HOURS_PER_YEAR, yearly_costs
from modelfleet.domain.parameters.costs import CostParameters
from tests.domain.parameters.configuration import shipped

NAN = np.nan
NEVER = {"missed_alarms": 0, "false_alarms": 0, "visits": 0}
FREE = {
    "per_unit_hour": 0,
    "per_missed_alarm": 0,
    "per_false_alarm": 0,
    "per_visit": 0,
    "per_model_year": 0,
    "without_model": NEVER,
    "baseline": NEVER,
    "candidate": NEVER,
}


def costs(*kinds, errors=(1.0, 1.0, 1.0), of=None, **prices):
    """Costs of sensors of these kinds, where all is free but ``prices``.

    ``errors`` are those of last week's value, the baseline and the candidate.
    """
    parameters = CostParameters(currency="EUR", default=FREE | prices, kinds=of or {})
    naive, baseline, candidate = (np.full(len(kinds), error) for error in errors)
    return yearly_costs(
        parameters,
        kinds,
        weekly_difference=naive,
        baseline_mae=baseline,
        candidate_mae=candidate,
    )


def test_an_error_costs_by_unit_and_hour():
    """Without a model it is that of last week's value."""
    found = costs("flow", errors=(4.0, 3.0, 1.0), per_unit_hour=2)
    assert HOURS_PER_YEAR == 8766
    assert found.without_model.tolist() == [4 * 2 * 8766]
    assert found.baseline.tolist() == [3 * 2 * 8766]
    assert found.candidate.tolist() == [1 * 2 * 8766]
    assert found.saved.tolist() == [2 * 2 * 8766]


@pytest.mark.parametrize(
    ("price", "event"),
    [
        ("per_missed_alarm", "missed_alarms"),
        ("per_false_alarm", "false_alarms"),
        ("per_visit", "visits"),
    ],
)
def test_alarms_and_visits_cost_what_the_configuration_says(price, event):
    """Each of the three has rates of its own."""
    rates = {"without_model": 1, "baseline": 2, "candidate": 3}
    found = costs("flow", **{price: 10}, **{who: NEVER | {event: k} for who, k in rates.items()})
    assert found.without_model.tolist() == [10]
    assert found.baseline.tolist() == [20]
    assert found.candidate.tolist() == [30]


def test_only_a_candidate_is_a_model():
    """The upkeep of a model is what a baseline saves."""
    found = costs("flow", per_model_year=7)
    assert (found.without_model[0], found.baseline[0], found.candidate[0]) == (0, 0, 7)
    assert found.saved.tolist() == [-7]


def test_a_team_may_know_what_a_sensor_costs_without_a_forecast():
    """That stands in for the assumption, also where it is nothing."""
    assert costs("a", per_unit_hour=1, fixed_without_model=30).without_model.tolist() == [30]
    assert costs("a", per_unit_hour=1, fixed_without_model=0).without_model.tolist() == [0]


def test_a_kind_has_prices_of_its_own():
    """All others, and sensors of no known kind, have the general ones."""
    own = {"flow": FREE | {"per_model_year": 5}}
    found = costs("flow", "level", None, of=own, per_model_year=1)
    assert found.candidate.tolist() == [5, 1, 1]


def test_without_sensors_there_are_no_costs():
    """Nothing costs nothing."""
    assert costs().candidate.shape == (0,)


ERRORS = arrays(float, 4, elements=st.floats(0, 1e3) | st.just(NAN))


@given(ERRORS, ERRORS, ERRORS)
def test_what_is_unknown_has_no_price(naive, baseline, candidate):
    """An unknown error is an unknown cost, never a cheap one, and each stands for itself."""
    parameters = CostParameters(**shipped()["costs"])
    found = yearly_costs(
        parameters,
        ["flow"] * 4,
        weekly_difference=naive,
        baseline_mae=baseline,
        candidate_mae=candidate,
    )
    given_and_found = (
        (naive, found.without_model),
        (baseline, found.baseline),
        (candidate, found.candidate),
    )
    for error, cost in given_and_found:
        np.testing.assert_array_equal(np.isnan(error), np.isnan(cost))
        assert (cost[np.isfinite(cost)] >= 0).all()


def test_less_error_costs_less_by_what_is_shipped():
    """A model is worth its upkeep where it errs less by enough."""
    parameters = CostParameters(**shipped()["costs"])
    upkeep, price = parameters.default.per_model_year, parameters.default.per_unit_hour
    enough = upkeep / price / HOURS_PER_YEAR
    found = yearly_costs(
        parameters,
        ["flow", "flow"],
        weekly_difference=np.ones(2),
        baseline_mae=np.ones(2),
        candidate_mae=1 - enough * np.array([1.1, 0.9]),
    )
    assert (found.saved > 0).tolist() == [True, False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"currency": ""}, "match pattern"),
        ({"currency": "E U R"}, "match pattern"),
        ({"default": FREE | {"per_visit": -1}}, "greater than or equal to 0"),
        ({"default": FREE | {"per_visit": "free"}}, "valid number"),
        ({"default": {}}, "Field required"),
        ({"kinds": {"flow": {"per_visit": 1}}}, "Field required"),
        ({"default": FREE | {"baseline": NEVER | {"visits": float("inf")}}}, "finite number"),
    ],
)
def test_prices_are_complete_and_not_negative(change, words):
    """A forgotten price would be one of nothing."""
    with pytest.raises(ValidationError, match=words):
        CostParameters(**({"currency": "EUR", "default": FREE} | change))
