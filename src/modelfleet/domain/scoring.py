"""How good forecasts are, week by week and over all.

The mean absolute error decides; everything else is reported. MAPE is not offered: night flow is
near zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray, IntArray

__all__ = [
    "Errors",
    "Scale",
    "WeeklyLoss",
    "by_week",
    "measure_errors",
    "seasonal_scale",
    "sorted_quantiles",
    "weekly_loss",
]


Scale = tuple[FloatArray | float, FloatArray | float]
"""What a seasonal naive forecast errs: mean absolute, and root mean square."""


@dataclass(frozen=True)
class WeeklyLoss:
    """Mean absolute error of each judged week.

    Attributes:
        loss: in the unit of the readings, NaN for a week without valid hours; shape (..., weeks).
        steps: valid steps in each week; same shape.
    """

    loss: FloatArray
    steps: IntArray


@dataclass(frozen=True)
class Errors:
    """Figures over all judged weeks; NaN where nothing could be compared.

    Of one sensor numbers, of several arrays; shape (...).

    Attributes:
        mae: mean absolute error, in the unit of the readings.
        mean_error: mean of forecast minus actual, in the unit of the readings.
        mase: ``mae`` over the mean absolute weekly difference in training
            (Hyndman and Koehler, 2006, doi:10.1016/j.ijforecast.2006.03.001).
        rmsse: root of the mean squared error over the mean squared weekly difference in training
            (Makridakis et al., 2022, doi:10.1016/j.ijforecast.2021.11.013).
    """

    mae: AnyArray
    mean_error: AnyArray
    mase: AnyArray
    rmsse: AnyArray


def by_week(values: FloatArray, *, weeks: int, per_week: int) -> FloatArray:
    """The last ``weeks`` weeks of a series, NaN before its beginning.

    Args:
        values: shape (..., n).
        weeks: how many.
        per_week: steps in a week.

    Returns:
        shape (..., weeks, per_week).
    """
    shape, wanted = values.shape[:-1], weeks * per_week
    padding = max(wanted - values.shape[-1], 0)
    tail = values[..., values.shape[-1] - (wanted - padding) :]
    if padding:
        tail = np.concatenate([np.full((*shape, padding), np.nan), tail], axis=-1)
    return tail.reshape(*shape, weeks, per_week)


def weekly_loss(actual: FloatArray, forecast: FloatArray, valid: BoolArray) -> WeeklyLoss:
    """Mean absolute error per week over the valid steps; all shapes (..., weeks, per_week)."""
    steps = valid.sum(axis=-1)
    error = np.where(valid, np.abs(forecast - actual), 0.0).sum(axis=-1)
    loss = np.divide(error, steps, out=np.full(steps.shape, np.nan), where=steps > 0)
    return WeeklyLoss(loss, steps)


def seasonal_scale(values: FloatArray, *, season: int) -> tuple[float, float]:
    """Mean absolute and root mean square difference between values one season apart.

    The scale of MASE and RMSSE: what a seasonal naive forecast errs on the training data.
    """
    difference = values[season:] - values[:-season]
    known = difference[np.isfinite(difference)]
    if not len(known):
        return float("nan"), float("nan")
    return float(np.abs(known).mean()), float(np.sqrt((known**2).mean()))


def measure_errors(
    actual: FloatArray, forecast: FloatArray, valid: BoolArray, *, scale: Scale
) -> Errors:
    """Figures over the valid steps.

    Args:
        actual: shape (..., weeks, per_week).
        forecast: same shape.
        valid: same shape.
        scale: from :func:`seasonal_scale`; shape (...).
    """
    steps = valid.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        error = np.where(valid, forecast - actual, 0.0).reshape(*steps.shape, -1)
        mae = np.abs(error).sum(axis=-1) / steps
        rmse = np.sqrt((error**2).sum(axis=-1) / steps)
        mean_error = error.sum(axis=-1) / steps
        mase, rmsse = (
            np.where(np.asarray(unit) > 0, figure / unit, np.nan)[()]  # a number of one sensor
            for figure, unit in zip((mae, rmse), scale, strict=True)
        )
    return Errors(mae, mean_error, mase, rmsse)


def sorted_quantiles(values: FloatArray, levels: Sequence[float]) -> FloatArray | None:
    """Quantiles by linear interpolation between order statistics; ``None`` of nothing.

    Those of :func:`numpy.quantile`, in a tenth of its time (Hyndman and Fan, 1996, definition 7,
    doi:10.1080/00031305.1996.10473566).

    >>> sorted_quantiles(np.array([3.0, 1.0, 2.0, 5.0]), (0.0, 0.5))
    array([1. , 2.5])
    """
    if not len(values):
        return None
    ranked = np.sort(values)
    place = np.asarray(levels) * (len(values) - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, len(values) - 1)
    quantiles: FloatArray = ranked[below] + (place - below) * (ranked[above] - ranked[below])
    return quantiles
