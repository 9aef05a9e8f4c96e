"""Forecasters that are tried on the same weeks with the same features."""

import pytest
from hypothesis import given
from sklearn.linear_model import Ridge

from modelfleet.domain import rehearsal
from modelfleet.domain.backtest import run_backtest
from modelfleet.domain.features import build_design
from modelfleet.domain.forecasters import EstimatorForecaster, LinearForecaster
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.rehearsal import Rehearsal
from modelfleet.domain.windows import plan_backtest
from tests.strategies import WEEK, make_calendar, make_series, same_bits, sensors

SPEC = FeatureParameters(
    lags=(24, 48), weeks=(1, 2), seasonal_mean=True, daily_harmonics=1, weekend=True
)
PENALTIES = (0.0, 1.0, 100.0)
TREATED = EstimatorForecaster(Ridge, {"alpha": 10.0}, True, 1)


def rehearse(calendar, series):
    """Three weeks of nine, all windows with their plan."""
    design = build_design(series, calendar, SPEC, horizon=24)
    plan = plan_backtest(len(series.values), weeks=3, per_week=WEEK)
    return design, plan, Rehearsal(series, design, plan, WEEK)


@pytest.mark.parametrize("forecaster", [*map(LinearForecaster, PENALTIES), TREATED])
@given(sensor=sensors(weeks=9))
def test_a_rehearsal_forecasts_what_a_backtest_does(forecaster, sensor):
    """Without the final fit, which no forecast of a backtest depends on."""
    calendar, series = sensor
    design, plan, tried = rehearse(calendar, series)
    result = run_backtest(series, design, forecaster, plan, min_rows=WEEK)
    assert same_bits(tried.forecast(forecaster), result.forecast)


def test_linear_forecasters_share_their_sums(monkeypatch):
    """Readings are added up once, however many penalties are tried."""
    asked = []

    def count(*arguments):
        asked.append(1)
        return measure(*arguments)

    measure = rehearsal.measure_moments
    monkeypatch.setattr(rehearsal, "measure_moments", count)
    calendar = make_calendar(9 * WEEK)
    *_, tried = rehearse(calendar, make_series(calendar))
    forecasts = [tried.forecast(LinearForecaster(penalty)) for penalty in PENALTIES]
    assert len(asked) == 1
    assert not same_bits(forecasts[0], forecasts[-1])
