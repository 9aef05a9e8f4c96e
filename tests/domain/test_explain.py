"""What moved a forecast: groups of features, and shares that add up."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor

from modelfleet.domain.explain import (
    BEGINNINGS,
    CALENDAR,
    COVARIATES,
    GROUPS,
    LAG,
    RECENT_LEVEL,
    SAME_TIME_LAST_WEEKS,
    WHOLE,
    Contributions,
    group_of,
    linear_contributions,
    shapley_contributions,
    shapley_values,
    usual_week,
)
from modelfleet.domain.features import feature_names
from modelfleet.domain.grid import Grid
from modelfleet.domain.parameters.recipes import FeatureParameters

WEEK = 168
SHAPES = {"carry_steps", "covariate_carry_steps", "max_missing_share"}
"""Parameters that shape features and make none."""
MADE: dict[str, tuple[Any, set[str]]] = {
    "lags": ((24, 25, 336), {RECENT_LEVEL, SAME_TIME_LAST_WEEKS}),
    "weeks": ((1, 4), {SAME_TIME_LAST_WEEKS}),
    "weeks_median": (True, {SAME_TIME_LAST_WEEKS}),
    "seasonal_mean": (True, {SAME_TIME_LAST_WEEKS}),
    "levels": ((24, 168), {RECENT_LEVEL}),
    "deviations": ((24, 168), {RECENT_LEVEL}),
    "daily_harmonics": (3, {CALENDAR}),
    "weekly_harmonics": (2, {CALENDAR}),
    "weekend": (True, {CALENDAR}),
    "covariates": (("rain", "lag_24", "week_1", "weekend"), {COVARIATES}),
}
"""Each parameter that makes features, alone, and the groups of what it makes."""


def spans() -> st.SearchStrategy[tuple[int, ...]]:
    """Steps, each once."""
    return st.lists(st.integers(1, 800), max_size=4, unique=True).map(tuple)


@st.composite
def specs(draw: st.DrawFn) -> FeatureParameters:
    """Any features that a recipe can ask for."""
    weeks = draw(st.lists(st.integers(1, 5), max_size=4, unique=True).map(tuple))
    return FeatureParameters(
        lags=(24, *(lag for lag in draw(spans()) if lag > 24)),
        weeks=weeks,
        weeks_median=bool(weeks) and draw(st.booleans()),
        seasonal_mean=draw(st.booleans()),
        levels=draw(spans()),
        deviations=draw(spans()),
        daily_harmonics=draw(st.integers(0, 12)),
        weekly_harmonics=draw(st.integers(0, 12)),
        weekend=draw(st.booleans()),
        covariates=draw(st.lists(st.text(min_size=1), max_size=3, unique=True).map(tuple)),
    )


def groups_of(spec: FeatureParameters) -> list[str]:
    """Group of each column."""
    return [group_of(name, per_week=WEEK) for name in feature_names(spec)]


@given(specs())
def test_every_feature_of_any_recipe_has_one_group(spec: FeatureParameters) -> None:
    """One rule, and no other, says which."""
    for name in feature_names(spec):
        assert group_of(name, per_week=WEEK) in GROUPS
        if not name.startswith("covariate_"):
            rules = [name in WHOLE, name.startswith(LAG)]
            rules += [name.startswith(beginning) for beginning, _ in BEGINNINGS]
            assert rules.count(True) == 1


def test_every_parameter_that_makes_features_is_thought_of() -> None:
    """Who adds one to recipes is asked which group its features belong to."""
    assert {*MADE, *SHAPES} == set(FeatureParameters.model_fields)


@pytest.mark.parametrize("field", MADE)
def test_groups_are_those_that_people_expect(field: str) -> None:
    """Also of a covariate that is called like a feature."""
    value, expected = MADE[field]
    least = {"weeks": (1,)} if field == "weeks_median" else {"lags": (24,)}
    made = feature_names(FeatureParameters(**{**least, field: value}))
    without = set(feature_names(FeatureParameters(**least)))
    new = [name for name in made if name not in without or field in least]
    assert {group_of(name, per_week=WEEK) for name in new} == expected


def test_a_feature_that_nobody_knows_is_an_error() -> None:
    """Better no explanation than one that leaves something out."""
    with pytest.raises(ValueError, match="'moon' belongs to no group"):
        group_of("moon", per_week=WEEK)


# --- shares that add up -------------------------------------------------------------------------


@given(specs(), st.integers(0, 2**32), st.sampled_from([1e-3, 1.0, 1e3, 1e6]))
def test_base_and_groups_of_a_linear_model_are_its_forecast(
    spec: FeatureParameters, seed: int, size: float
) -> None:
    """Whatever it looks at, covariates included, to 1e-9 of the largest share."""
    random, groups = np.random.default_rng(seed), groups_of(spec)
    coefficients, features = random.normal(size=(2, len(groups)))
    background = random.normal(size=(WEEK, len(groups))) * size
    intercept = float(random.normal() * size)
    features *= size
    found = linear_contributions(coefficients, intercept, features, background, groups)
    assert found.adds_up_to(float(features @ coefficients + intercept))
    assert list(found.groups) == [group for group in GROUPS if group in groups]


@settings(max_examples=30)
@given(specs(), st.integers(0, 2**32))
def test_shapley_values_of_a_linear_model_are_its_contributions(
    spec: FeatureParameters, seed: int
) -> None:
    """So both ways tell the same story."""
    random, groups = np.random.default_rng(seed), groups_of(spec)
    coefficients, features = random.normal(size=(2, len(groups)))
    background = random.normal(size=(20, len(groups)))
    exact = linear_contributions(coefficients, 2.0, features, background, groups)
    asked = shapley_contributions(
        lambda rows: rows @ coefficients + 2.0, features, background, groups
    )
    assert asked.base == pytest.approx(exact.base, abs=1e-9)
    assert asked.groups == pytest.approx(exact.groups, abs=1e-9)


@given(st.integers(0, 2**32))
def test_shapley_contributions_of_any_model_are_its_forecast(seed: int) -> None:
    """Of one that multiplies and jumps, too: what features do together is shared out."""
    random = np.random.default_rng(seed)
    groups = [GROUPS[k] for k in random.integers(0, len(GROUPS), size=7)]
    features, background = random.normal(size=7), random.normal(size=(30, 7))

    def predict(rows: np.ndarray) -> np.ndarray:
        jump = np.where(rows[:, 0] > rows[:, 3], 5.0, -1.0)
        return np.asarray(jump * rows[:, 1] + np.exp(rows[:, 4]) * rows[:, 6])

    found = shapley_contributions(predict, features, background, groups)
    assert found.adds_up_to(float(predict(features[None])[0]))
    assert found.base == pytest.approx(float(predict(background).mean()))


def test_trees_that_split_by_category_add_up_too() -> None:
    """Explainers of trees are silently wrong here; this one only asks the model."""
    random = np.random.default_rng(5)
    rows = np.column_stack([random.normal(size=(300, 2)), random.integers(0, 4, size=300)])
    target = rows[:, 0] + np.array([0.0, 9.0, -3.0, 1.0])[rows[:, 2].astype(int)]
    model = HistGradientBoostingRegressor(max_iter=20, categorical_features=[2])
    model.fit(rows, target)
    groups = [RECENT_LEVEL, SAME_TIME_LAST_WEEKS, CALENDAR]
    for row in rows[:20]:
        found = shapley_contributions(model.predict, row, rows[:50], groups)
        assert found.adds_up_to(float(model.predict(row[None])[0]))


@given(st.integers(1, 5), st.integers(0, 2**32))
def test_shapley_values_are_means_over_all_orders(players: int, seed: int) -> None:
    """As they are defined; what is shared out is the worth of all less that of nobody."""
    worth = np.random.default_rng(seed).normal(size=1 << players)
    expected = np.zeros(players)
    for order in itertools.permutations(range(players)):
        there = 0
        for player in order:
            expected[player] += worth[there | 1 << player] - worth[there]
            there |= 1 << player
    found = shapley_values(worth)
    np.testing.assert_allclose(found, expected / math.factorial(players), atol=1e-12)
    assert found.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-12)


def test_who_adds_nothing_gets_nothing() -> None:
    """A group that a model does not look at moved nothing."""
    groups = [RECENT_LEVEL, CALENDAR]
    found = shapley_contributions(
        lambda rows: rows[:, 0] ** 2, np.array([3.0, 9.0]), np.zeros((5, 2)), groups
    )
    assert found == Contributions(0.0, {RECENT_LEVEL: 9.0, CALENDAR: 0.0})


def test_what_does_not_add_up_is_seen() -> None:
    """Nobody is shown a sum that is not the forecast."""
    shares = Contributions(1.0, {RECENT_LEVEL: 0.5})
    assert shares.adds_up_to(1.5 + 1e-10)
    assert not shares.adds_up_to(1.5 + 1e-8)
    assert not Contributions(float("nan"), {RECENT_LEVEL: 0.5}).adds_up_to(1.5)


# --- the usual week -----------------------------------------------------------------------------


@settings(max_examples=30)
@given(specs(), st.sampled_from([60, 180]), st.integers(0, 2**32))
def test_the_usual_week_is_the_sensors_own_pattern(
    spec: FeatureParameters, minutes: int, seed: int
) -> None:
    """Levels and lags at its mean, nothing deviates, the calendar evens out, companions are usual.

    So the base is what the model says on average.
    """
    grid = Grid(minutes)
    pattern = np.random.default_rng(seed).normal(50, 10, size=grid.per_week)
    companions = {name: float(k) for k, name in enumerate(spec.covariates)}
    week = usual_week(pattern, grid, spec, horizon=24, companions=companions)
    assert week.shape == (grid.per_week, len(feature_names(spec)))
    for name, column in zip(feature_names(spec), week.T, strict=True):
        if name.startswith("covariate_"):
            assert set(column) == {companions[name.removeprefix("covariate_")]}
        elif name.startswith("deviation_"):
            np.testing.assert_allclose(column, 0.0, atol=1e-9)
        elif name.startswith(("sin_", "cos_")):  # one that repeats at every step stands still
            assert minutes == 180 or column.mean() == pytest.approx(0.0, abs=1e-9)
        elif name == "weekend":
            assert column.mean() == pytest.approx(2 / 7)
        else:
            assert column.mean() == pytest.approx(pattern.mean())


def test_slots_that_were_never_seen_are_at_the_mean() -> None:
    """A sensor that is silent at night has a usual week all the same."""
    pattern = np.full(WEEK, 4.0)
    pattern[:12], pattern[12:24] = np.nan, 10.0
    spec = FeatureParameters(lags=(24,), seasonal_mean=True)
    week = usual_week(pattern, Grid(60), spec, horizon=24, companions={})
    assert np.isfinite(week).all()
    assert week[0, 1] == pytest.approx(np.nanmean(pattern))
