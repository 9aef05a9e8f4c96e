"""The closed form gives the answer of scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelfleet.domain.columns import Columns
from modelfleet.domain.features import build_design
from modelfleet.domain.forecasters import LinearForecaster, LinearModel
from modelfleet.domain.forecasters.linear import predict_weeks, solve_ridge
from modelfleet.domain.forecasters.moments import measure_moments
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.windows import Window, plan_backtest
from tests.strategies import WEEK, same_bits, sensors

DEFAULT = FeatureParameters(
    lags=(24, 48, 72, 96, 120, 144),
    weeks=(1, 2, 3, 4),
    weeks_median=True,
    seasonal_mean=True,
    levels=(24, 168),
    deviations=(24, 168),
    daily_harmonics=4,
    weekly_harmonics=2,
    weekend=True,
)


def reference(features, target, *, penalty, standardise):
    """What scikit-learn fits on the same rows."""
    estimator = Ridge(alpha=penalty) if penalty else LinearRegression()
    steps = [StandardScaler(), estimator] if standardise else [estimator]
    return make_pipeline(*steps).fit(features, target)


def largest_difference(features, target, learnable, windows, *, penalty, standardise=True):
    """Between our forecasts and scikit-learn's, after every window, relative to their size."""
    forecaster = LinearForecaster(penalty=penalty, standardise=standardise)
    models = forecaster.refit(Columns.of(features), target, learnable, windows, min_rows=2)
    differences = []
    for window, model in zip(windows, models, strict=True):
        rows = window.start + np.flatnonzero(learnable[window.steps])
        known = np.isfinite(features).all(axis=1)
        expected = reference(
            features[rows], target[rows], penalty=penalty, standardise=standardise
        ).predict(features[known])
        found = model.predict(Columns.of(features[known]))
        differences.append(np.abs(found - expected).max() / np.abs(expected).max())
    return max(differences)


@st.composite
def regressions(draw):
    """Random features, some constant, some with large offsets, with rows left out."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    rows, width = draw(st.integers(150, 400)), draw(st.integers(1, 8))
    features = rng.normal(size=(rows, width)) * draw(st.sampled_from([0.1, 1.0, 50.0]))
    features += draw(st.sampled_from([0.0, 1e4])) * rng.normal(size=width)
    features[:, rng.random(width) < draw(st.sampled_from([0.0, 0.3]))] = rng.normal() * 1e3
    target = features @ rng.normal(size=width) + rng.normal(size=rows)
    target += draw(st.sampled_from([0.0, 1e4]))
    learnable = rng.random(rows) < draw(st.sampled_from([0.7, 1.0]))
    features[~learnable], target[~learnable] = np.nan, np.nan
    sliding = draw(st.booleans())
    windows = [
        Window(max(stop - 100, 0) if sliding else 0, stop) for stop in range(90, rows + 1, 30)
    ]
    return features, target, learnable, windows


@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize("penalty", [0.0, 0.1, 10.0])
@given(regression=regressions())
def test_it_equals_scikit_learn(penalty, standardise, regression):
    """Ridge and LinearRegression, scaled or not, sliding or expanding: to 1e-6 of the forecasts."""
    difference = largest_difference(*regression, penalty=penalty, standardise=standardise)
    assert difference <= 1e-6


@pytest.mark.parametrize("sliding_weeks", [None, 3])
@pytest.mark.parametrize("penalty", [0.0, 10.0])
@given(sensor=sensors(weeks=10))
def test_it_equals_scikit_learn_on_real_designs(penalty, sliding_weeks, sensor):
    """The default recipe, on sensors with holes, events, clock changes and levels up to 1e4."""
    calendar, series = sensor
    design = build_design(series, calendar, DEFAULT, horizon=24)
    learnable = series.learnable & design.usable
    plan = plan_backtest(10 * WEEK, weeks=3, per_week=WEEK, sliding_weeks=sliding_weeks)
    windows = [w for w in [*plan.training, plan.final] if learnable[w.steps].sum() > 150]
    if windows:
        arguments = (design.values, series.values, learnable, windows)
        assert largest_difference(*arguments, penalty=penalty) <= 1e-6


@pytest.mark.parametrize("penalty", [0.0, 10.0])
@given(
    seed=st.integers(0, 2**16),
    constant=st.sampled_from([0.0, 0.1, -733.1, 1e4 / 3]),
    start=st.sampled_from([0, 200]),
)
def test_a_feature_that_is_constant_in_its_window_weighs_nothing(penalty, seed, constant, start):
    """A dry summer says nothing about rain, so rain must not move the forecast after it."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(600, 3))
    features[start : start + 200, 1] = constant
    target = features[:, 0] + rng.normal(size=600)
    learnable = rng.random(600) < 0.9
    dry = [Window(start, start + 200), Window(start + 50, start + 200)]
    windows = [Window(0, 150), *dry]
    columns = Columns.of(features)
    models = LinearForecaster(penalty).refit(columns, target, learnable, windows, min_rows=2)
    assert [model.coefficients[1] for model in models][1:] == [0.0, 0.0]
    assert largest_difference(features, target, learnable, windows, penalty=penalty) <= 1e-6


def test_a_level_that_jumps_between_windows_costs_no_precision():
    """A pressure zone that is switched over has two levels, and models as good on both."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 3)) * 0.01
    target = features @ np.array([1.0, 2.0, 3.0]) + 0.001 * rng.normal(size=400)
    features[200:] += 1e6
    learnable = np.ones(400, dtype=bool)
    windows = [Window(0, 200), Window(200, 400)]
    forecaster = LinearForecaster(penalty=0.1)
    models = forecaster.refit(Columns.of(features), target, learnable, windows, min_rows=2)
    for window, model in zip(windows, models, strict=True):
        rows = features[window.steps]
        expected = reference(rows, target[window.steps], penalty=0.1, standardise=True)
        np.testing.assert_allclose(
            model.predict(Columns.of(rows)), expected.predict(rows), atol=1e-6
        )


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_features_that_repeat_each_other_are_solved(penalty):
    """Two equal columns share their weight, as scikit-learn shares it, at any size of numbers."""
    rng = np.random.default_rng(1)
    once = rng.normal(size=(300, 3))
    target = once[:, 0] + 0.1 * rng.normal(size=300)
    features = np.hstack([once, once])
    everything = np.ones(300, dtype=bool)
    for size in (1.0, 1e8):
        difference = largest_difference(
            size * features,
            target,
            everything,
            [Window(0, 300)],
            penalty=penalty,
            standardise=False,
        )
        assert difference <= 1e-6


def test_a_constant_target_is_forecast():
    """A stuck sensor is forecast as stuck."""
    features = np.random.default_rng(0).normal(size=(50, 2))
    (model,) = LinearForecaster(1.0).refit(
        Columns.of(features), np.full(50, 1e4), np.ones(50, dtype=bool), [Window(0, 50)], min_rows=2
    )
    np.testing.assert_allclose(model.predict(Columns.of(features)), 1e4, rtol=1e-12)


def test_no_window_no_model():
    """Nothing asked, nothing fitted."""
    features = np.ones((5, 2))
    found = LinearForecaster(1.0).refit(
        Columns.of(features), np.ones(5), np.ones(5, dtype=bool), [], min_rows=2
    )
    assert list(found) == []


def test_a_forecast_does_not_depend_on_what_is_forecast_beside_it():
    """One row, a day or a year at once: the same bits, so a forecast can be replayed."""
    rng = np.random.default_rng(2)
    features, model = rng.normal(size=(168, 25)), LinearModel(rng.normal(size=25), 1.0)
    together = model.predict(Columns.of(features))
    for size in (1, 3, 7, 50, 167):
        assert same_bits(model.predict(Columns.of(features[:size].copy())), together[:size])


def test_weeks_are_forecast_together_as_one_by_one():
    """The backtest forecasts all its weeks at once, to the bit as each model does alone."""
    rng = np.random.default_rng(3)
    laid, weekly = rng.normal(size=(5, 4 * WEEK)), rng.normal(size=(6, WEEK))
    features = Columns(laid, weekly, (np.arange(4 * WEEK) + 11) % WEEK, place=3)
    models = [LinearModel(rng.normal(size=11), float(rng.normal())) for _ in range(4)]
    together = predict_weeks(models, features)
    weeks = [slice(k * WEEK, (k + 1) * WEEK) for k in range(4)]
    for model, week in zip(models, weeks, strict=True):
        alone = features.stretch(week)
        assert same_bits(together[week], model.predict(alone))
        plain = alone.values @ model.coefficients + model.intercept
        np.testing.assert_allclose(together[week], plain, rtol=1e-12, atol=1e-12)
        some = features.take(np.arange(week.start, week.stop)[::-7])
        assert same_bits(together[week][::-7], model.predict(some))


@given(regression=regressions(), chosen=st.integers(1, 2**8 - 1), data=st.data())
def test_other_penalties_and_features_are_solves_on_the_same_sums(regression, chosen, data):
    """Rows are summed up once; each penalty and each choice of features is scikit-learn's."""
    features, target, learnable, windows = regression
    moments = measure_moments(Columns.of(features), target, learnable, windows)
    columns = (chosen >> np.arange(features.shape[1])) % 2 == 1
    penalty = data.draw(st.sampled_from([0.0, 0.3, 30.0]))
    models = solve_ridge(moments, penalty=penalty, columns=columns)
    for window, model in zip(windows, models, strict=True):
        rows = window.start + np.flatnonzero(learnable[window.steps])
        assert (model.coefficients[~columns] == 0).all()
        if not columns.any():
            continue
        expected = reference(
            features[np.ix_(rows, columns)], target[rows], penalty=penalty, standardise=True
        ).predict(features[np.ix_(rows, columns)])
        found = model.predict(Columns.of(features[rows]))
        assert np.abs(found - expected).max() <= 1e-6 * np.abs(expected).max()


def test_coefficients_are_in_the_units_of_the_features():
    """A model can be stored as numbers and used without a scaler."""
    series = make_series_of_a_line()
    (model,) = LinearForecaster(0.0).refit(*series, [Window(0, 100)], min_rows=2)
    assert model.coefficients == pytest.approx([3.0])
    assert model.intercept == pytest.approx(-7.0)


def make_series_of_a_line():
    """y = 3 x - 7, with x far from zero."""
    x = np.linspace(1000.0, 1100.0, 100)
    return Columns.of(x[:, None]), 3 * x - 7, np.ones(100, dtype=bool)
