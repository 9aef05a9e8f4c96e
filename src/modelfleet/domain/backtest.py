"""Rolling-origin backtest of one sensor and the fit that would serve it."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.features import Design
from modelfleet.domain.forecasters.base import FittedModel, Forecaster
from modelfleet.domain.series import Series
from modelfleet.domain.windows import Backtest

__all__ = ["BacktestResult", "run_backtest"]


@dataclass(frozen=True)
class BacktestResult:
    """What a backtest leaves behind.

    Attributes:
        forecast: day-ahead forecasts of the judged weeks, NaN elsewhere; shape (n,).
        model: fitted on everything; ``None`` with too few rows.
        learnable: rows that a fit may use; shape (n,).
    """

    forecast: FloatArray
    model: FittedModel | None
    learnable: BoolArray


def run_backtest(
    series: Series, design: Design, forecaster: Forecaster, plan: Backtest, *, min_rows: int
) -> BacktestResult:
    """Refit at each origin, forecast the week after it, then fit on everything.

    Args:
        series: shape (n,).
        design: its features, shape (n, columns).
        forecaster: what to fit.
        plan: which window is learned for which week.
        min_rows: a window with fewer learnable rows gives no model and no forecasts.
    """
    learnable = series.learnable & design.usable
    forecast = np.full(len(series.values), np.nan)
    windows = [*plan.training, plan.final]
    models = forecaster.refit(design.values, series.values, learnable, windows, min_rows=min_rows)
    model: FittedModel | None = None
    for week, model in zip([*plan.scoring, None], models, strict=True):
        if week is not None and model is not None:
            rows = week.start + np.flatnonzero(design.usable[week.steps])
            if len(rows):
                forecast[rows] = model.predict(design.values[rows])
    return BacktestResult(forecast, model, learnable)
