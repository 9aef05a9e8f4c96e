"""What every forecaster promises, whatever is fitted inside."""

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from modelfleet.domain.columns import Columns
from modelfleet.domain.forecasters import EstimatorForecaster, LinearForecaster
from modelfleet.domain.windows import Window
from tests.strategies import changes, same_bits

ROWS = 300
FORECASTERS = {
    "linear": LinearForecaster(penalty=10.0),
    "linear_unscaled": LinearForecaster(penalty=10.0, standardise=False),
    "least_squares": LinearForecaster(penalty=0.0),
    "ridge": EstimatorForecaster(Ridge, {"alpha": 10.0}, True, 1),
    "linear_regression": EstimatorForecaster(LinearRegression, {}, False, 1),
    "tree": EstimatorForecaster(DecisionTreeRegressor, {"max_features": 2}, False, 1),
    "neighbours": EstimatorForecaster(KNeighborsRegressor, {}, True, 1),
    "forest": EstimatorForecaster(
        RandomForestRegressor, {"n_estimators": 3, "max_features": 2}, False, 1
    ),
    "boosting": EstimatorForecaster(HistGradientBoostingRegressor, {"max_iter": 2}, False, 1),
    "dummy": EstimatorForecaster(DummyRegressor, {}, False, 1),
}
WINDOWS = [Window(0, 0), Window(0, 100), Window(40, 160), Window(0, 220)]

pytestmark = pytest.mark.parametrize("name", FORECASTERS)


def sensor(seed=0):
    """Features that explain their target, with rows that may not be learned from."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(ROWS, 4)) + 100
    target = features @ np.array([1.0, -2.0, 0.5, 0.0]) + rng.normal(scale=0.1, size=ROWS)
    learnable = rng.random(ROWS) < 0.8
    features[~learnable & (rng.random(ROWS) < 0.5)] = np.nan
    target[~learnable & (rng.random(ROWS) < 0.5)] = np.nan
    return features, target, learnable


def fit(name, features, target, learnable, windows=WINDOWS, *, min_rows=20):
    """One model per window."""
    refit = FORECASTERS[name].refit(
        Columns.of(features), target, learnable, windows, min_rows=min_rows
    )
    return list(refit)


def test_one_model_per_window_in_order(name):
    """Each forecast is one number per row, in the unit of the readings."""
    features, target, learnable = sensor()
    models = fit(name, features, target, learnable)
    assert len(models) == len(WINDOWS)
    rows = features[learnable]
    for model in models[1:]:
        forecast = model.predict(Columns.of(rows))
        assert (forecast.shape, forecast.dtype) == ((len(rows),), np.float64)
        assert abs(forecast.mean() - target[learnable].mean()) < 1.0


def test_too_few_rows_give_no_model(name):
    """Fewer learnable rows than asked for give ``None``, just enough give a model."""
    features, target, learnable = sensor()
    count = int(learnable[:100].sum())
    windows = [Window(0, 100)]
    assert fit(name, features, target, learnable, windows, min_rows=count + 1) == [None]
    assert fit(name, features, target, learnable, windows, min_rows=count) != [None]


@pytest.mark.parametrize("known", [0, 1])
def test_no_model_without_two_rows(name, known):
    """However low the limit: nothing can be learned from one row, or none."""
    features, target, learnable = sensor()
    learnable = np.arange(ROWS) < known
    features[:known], target[:known] = 1.0, 1.0
    assert fit(name, features, target, learnable, min_rows=0) == [None] * 4


def test_the_same_fit_twice_is_the_same_to_the_bit(name):
    """Seeds are fixed, so a model can be made again."""
    first, second = (fit(name, *sensor()) for _ in range(2))
    rows = sensor(seed=1)[0][:50]
    rows = rows[np.isfinite(rows).all(axis=1)]
    for one, other in zip(first[1:], second[1:], strict=True):
        assert same_bits(one.predict(Columns.of(rows)), other.predict(Columns.of(rows)))


def test_a_window_does_not_depend_on_the_others(name):
    """A model is what its own window makes it, alone or among others."""
    features, target, learnable = sensor()
    together = fit(name, features, target, learnable)[1:]
    rows = features[learnable]
    for window, model in zip(WINDOWS[1:], together, strict=True):
        (alone,) = fit(name, features, target, learnable, [window])
        np.testing.assert_allclose(
            alone.predict(Columns.of(rows)), model.predict(Columns.of(rows)), rtol=1e-9
        )


def test_rows_that_are_not_learnable_do_not_matter(name):
    """Excluded rows may hold anything, in features and target."""
    features, target, learnable = sensor()
    before = fit(name, features, target, learnable)[1:]
    rows = features[learnable].copy()
    features[~learnable], target[~learnable] = 1e9, -1e9
    after = fit(name, features, target, learnable)[1:]
    for one, other in zip(before, after, strict=True):
        assert same_bits(one.predict(Columns.of(rows)), other.predict(Columns.of(rows)))


@settings(max_examples=6)
@given(other=changes(ROWS))
def test_future_rows_never_matter(name, other):
    """What comes after a window leaves its model as it was, to the bit."""
    features, target, learnable = sensor()
    rows = features[:100][learnable[:100]]
    stop = 160
    later = np.arange(ROWS) >= stop
    changed = np.where(later[:, None], other[:, None], features)
    known = learnable & (~later | np.isfinite(other))
    before = fit(name, features, target, learnable, WINDOWS[:3])
    after = fit(name, changed, np.where(later, other, target), known, WINDOWS[:3])
    for one, two in zip(before[1:], after[1:], strict=True):
        assert same_bits(one.predict(Columns.of(rows)), two.predict(Columns.of(rows)))


@pytest.mark.parametrize("level", [1e3, -1e9, 1e12])
def test_an_enormous_later_value_neither_blurs_nor_breaks_a_fit(name, level):
    """One wrong reading after the window is no reason for a worse model, or for none."""
    features, target, learnable = sensor()
    rows = features[:100][learnable[:100]]
    (before,) = fit(name, features, target, learnable, [Window(0, 200)])
    learnable[250], features[250], target[250] = True, level, level
    after = fit(name, features, target, learnable, [Window(0, 200), Window(0, 300)])[0]
    np.testing.assert_allclose(
        after.predict(Columns.of(rows)), before.predict(Columns.of(rows)), rtol=1e-9
    )
