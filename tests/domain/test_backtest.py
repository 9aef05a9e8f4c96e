"""Rolling-origin backtest of one sensor and the fit that would serve it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelfleet.domain.backtest import run_backtest
from modelfleet.domain.features import build_design
from modelfleet.domain.forecasters import EstimatorForecaster, LinearForecaster
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.series import Series
from modelfleet.domain.windows import plan_backtest
from tests.strategies import WEEK, changes, make_calendar, make_series, same_bits, sensors

WEEKS, JUDGED, HORIZON = 9, 3, 24
LENGTH = WEEKS * WEEK
FIRST_ORIGIN = (WEEKS - JUDGED) * WEEK
SPEC = FeatureParameters(
    lags=(24, 48), weeks=(1, 2), weeks_median=True, seasonal_mean=True, levels=(24,), weekend=True
)
FORECASTERS = {
    "linear": LinearForecaster(10.0),
    "least_squares": LinearForecaster(0.0),
    "estimator": EstimatorForecaster(Ridge, {"alpha": 10.0}, True, 1),
}
both = pytest.mark.parametrize("name", FORECASTERS)


def backtest(name, calendar, series, *, min_rows=WEEK, sliding_weeks=None):
    """Build the features and judge the last weeks."""
    design = build_design(series, calendar, SPEC, horizon=HORIZON)
    plan = plan_backtest(
        len(series.values), weeks=JUDGED, per_week=WEEK, sliding_weeks=sliding_weeks
    )
    result = run_backtest(series, design, FORECASTERS[name], plan, min_rows=min_rows)
    return design, plan, result


@both
@pytest.mark.parametrize("sliding_weeks", [None, 3])
@given(sensor=sensors(weeks=WEEKS), other=changes(LENGTH), week=st.integers(0, JUDGED - 1))
def test_what_happens_from_an_origin_on_changes_no_forecast_before(
    name, sliding_weeks, sensor, other, week
):
    """Readings and events from an origin on leave earlier forecasts as they were, to the bit."""
    calendar, series = sensor
    origin = FIRST_ORIGIN + week * WEEK
    later = np.arange(LENGTH) >= origin
    changed = Series(
        series.first,
        np.where(later, other, series.values),
        series.excluded ^ (later & (other > 0)),
    )
    *_, before = backtest(name, calendar, series, sliding_weeks=sliding_weeks)
    *_, after = backtest(name, calendar, changed, sliding_weeks=sliding_weeks)
    assert same_bits(before.forecast[:origin], after.forecast[:origin])
    assert same_bits(before.learnable[:origin], after.learnable[:origin])


@both
@given(sensor=sensors(weeks=WEEKS), start=st.integers(FIRST_ORIGIN, LENGTH - 1))
def test_a_judged_week_knows_nothing_within_the_horizon(name, sensor, start):
    """A reading changes no forecast of its own week that is less than a horizon after it."""
    calendar, series = sensor
    changed = np.where(np.arange(LENGTH) < start, series.values, series.values + 50)
    *_, before = backtest(name, calendar, series)
    *_, after = backtest(name, calendar, replace(series, values=changed))
    week = (start - FIRST_ORIGIN) // WEEK
    stop = min(start + HORIZON, FIRST_ORIGIN + (week + 1) * WEEK)
    assert same_bits(before.forecast[:stop], after.forecast[:stop])


@both
@pytest.mark.parametrize("sliding_weeks", [None, 3])
def test_each_week_is_forecast_by_the_model_fitted_before_it(name, sliding_weeks):
    """Refitted at each origin on learnable rows of its window; NaN outside the judged weeks."""
    calendar = make_calendar(LENGTH, spring=FIRST_ORIGIN - 50)
    series = make_series(calendar, level=1e4)
    series.values[FIRST_ORIGIN + 200 : FIRST_ORIGIN + 300] = np.nan
    series.excluded[500:600] = True
    design, plan, result = backtest(name, calendar, series, sliding_weeks=sliding_weeks)
    regression = LinearRegression() if name == "least_squares" else Ridge(10.0)
    expected = np.full(LENGTH, np.nan)
    for training, scoring in zip(plan.training, plan.scoring, strict=True):
        rows = training.start + np.flatnonzero(result.learnable[training.steps])
        model = make_pipeline(StandardScaler(), regression)
        model.fit(design.values[rows], series.values[rows])
        judged = scoring.start + np.flatnonzero(design.usable[scoring.steps])
        expected[judged] = model.predict(design.values[judged])
    np.testing.assert_allclose(result.forecast, expected, rtol=1e-8)
    assert np.isfinite(result.forecast[FIRST_ORIGIN:]).sum() > 2 * WEEK


@both
def test_what_serves_is_fitted_on_everything(name):
    """The final model has learned from all learnable rows, the judged weeks included."""
    calendar = make_calendar(LENGTH)
    series = make_series(calendar)
    design, plan, result = backtest(name, calendar, series)
    learnable = series.learnable & design.usable
    (expected,) = FORECASTERS[name].refit(
        design.columns, series.values, learnable, [plan.final], min_rows=WEEK
    )
    rows = design.columns.take(np.flatnonzero(learnable))
    assert (result.learnable == learnable).all()
    np.testing.assert_allclose(result.model.predict(rows), expected.predict(rows), rtol=1e-9)


@both
def test_a_window_with_too_few_rows_judges_no_week(name):
    """A week before which too little was learned has no forecast; later ones do."""
    calendar = make_calendar(LENGTH)
    series = make_series(calendar)
    _, _, result = backtest(name, calendar, series, min_rows=FIRST_ORIGIN - 2 * WEEK + 1)
    known = np.isfinite(result.forecast).reshape(WEEKS, WEEK)
    assert known.all(axis=1).tolist() == [False] * 7 + [True] * 2
    assert not known[:7].any()
    assert result.model is not None


@both
@pytest.mark.parametrize("length", [0, 1, 2 * WEEK + 5])
def test_a_young_sensor_gets_no_model_and_no_forecast(name, length):
    """Too little of everything is an answer, not an error."""
    calendar = make_calendar(length)
    _, _, result = backtest(name, calendar, make_series(calendar))
    assert result.model is None
    assert np.isnan(result.forecast).all()


@both
def test_a_silent_week_has_no_forecast(name):
    """Where the features are not known nothing is forecast: never zero, never the mean."""
    calendar = make_calendar(LENGTH)
    series = make_series(calendar)
    series.values[-WEEK - 100 :] = np.nan
    design, _, result = backtest(name, calendar, series)
    assert (np.isfinite(result.forecast[-WEEK:]) == design.usable[-WEEK:]).all()
    assert np.isnan(result.forecast[-1])
