"""Which of several forecasters erred least, on the same hours for all of them."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray

__all__ = ["Choice", "choose", "compare"]


@dataclass(frozen=True)
class Choice:
    """How contenders compare.

    Attributes:
        loss: mean absolute error of each contender on the hours that all of them forecast, in the
            unit of the readings; NaN for one without a forecast, and for all where no hour is
            shared; shape (contenders,).
        order: positions of the contenders, the best first.
    """

    loss: FloatArray
    order: tuple[int, ...]


def choose(actual: FloatArray, forecasts: FloatArray) -> Choice:
    """Compare contenders by their mean absolute error.

    Args:
        actual: readings, NaN where missing or excluded; shape (steps,).
        forecasts: NaN or infinite where there is none; shape (contenders, steps).

    The first wins a tie. One that forecasts none of the readings comes after all others, and does
    not take away the hours on which they are compared.

    >>> actual = np.array([1.0, 2.0, np.nan])
    >>> choose(actual, np.array([[1.5, 2.5, 9.0], [1.0, np.nan, 9.0], [np.nan] * 3]))
    Choice(loss=array([0.5, 0. , nan]), order=(1, 0, 2))
    """
    loss, order = compare(actual, forecasts)
    return Choice(loss, tuple(order.tolist()))


def compare(actual: FloatArray, forecasts: FloatArray) -> tuple[FloatArray, IntArray]:
    """The loss and the order of :func:`choose`, for any number of sensors at once.

    Args:
        actual: shape (..., steps).
        forecasts: shape (contenders, ..., steps).

    Returns:
        two arrays of shape (contenders, ...).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.abs(forecasts - actual)
        known = np.isfinite(error)
        able = np.asarray(known.any(axis=-1, keepdims=True), dtype=np.bool_)
        same = (known | ~able).all(axis=0) & able.any(axis=0)
        steps = same.sum(axis=-1)
        loss = np.where(same, error, 0.0).sum(axis=-1) / steps  # of nothing NaN
    unable = ~able[..., 0]
    loss[unable] = np.nan
    order = np.lexsort((np.where(np.isnan(loss), np.inf, loss), unable), axis=0)
    return loss, np.asarray(order, dtype=np.int64)
