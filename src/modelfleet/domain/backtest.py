"""Rolling-origin backtest of one sensor and the fit that would serve it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.features import Design
from modelfleet.domain.forecasters.base import FittedModel, Forecaster
from modelfleet.domain.forecasters.linear import LinearModel, predict_weeks
from modelfleet.domain.series import Series
from modelfleet.domain.windows import Backtest, Window

__all__ = ["BacktestResult", "forecast_weeks", "run_backtest"]


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
        design: its features, of n rows.
        forecaster: what to fit.
        plan: which window is learned for which week.
        min_rows: a window with fewer learnable rows gives no model and no forecasts.
    """
    learnable = series.learnable & design.usable
    windows = [*plan.training, plan.final]
    *judging, model = forecaster.refit(
        design.columns, series.values, learnable, windows, min_rows=min_rows
    )
    return BacktestResult(forecast_weeks(judging, design, plan.scoring), model, learnable)


def forecast_weeks(
    models: Sequence[FittedModel | None], design: Design, weeks: Sequence[Window]
) -> FloatArray:
    """Forecast each week by the model that was fitted before it.

    Args:
        models: one per week; ``None`` forecasts nothing.
        design: of n rows.
        weeks: one after the other.

    Returns:
        shape (n,); NaN outside these weeks, and where a feature is not known.
    """
    forecast = np.full(len(design.usable), np.nan)
    first = next((k for k, model in enumerate(models) if model is not None), len(models))
    known, later = models[first:], weeks[first:]  # whole weeks: a model has learned before them
    if all(model is None or isinstance(model, LinearModel) for model in known):
        _forecast_at_once(known, design, later, forecast)
    else:
        _forecast_one_by_one(known, design, later, forecast)
    return forecast


def _forecast_at_once(
    models: Sequence[FittedModel | None],
    design: Design,
    weeks: Sequence[Window],
    forecast: FloatArray,
) -> None:
    if not models:
        return
    silent = LinearModel(np.full(design.columns.width, np.nan), np.nan)
    linear = [model if isinstance(model, LinearModel) else silent for model in models]
    steps = slice(weeks[0].start, weeks[-1].stop)
    told = predict_weeks(linear, design.columns.stretch(steps))
    forecast[steps] = np.where(design.usable[steps], told, np.nan)


def _forecast_one_by_one(
    models: Sequence[FittedModel | None],
    design: Design,
    weeks: Sequence[Window],
    forecast: FloatArray,
) -> None:
    for week, model in zip(weeks, models, strict=True):
        rows = week.start + np.flatnonzero(design.usable[week.steps])
        if model is not None and len(rows):
            forecast[rows] = model.predict(design.columns.take(rows))
