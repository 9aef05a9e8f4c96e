"""Which of several forecasters erred least, on the same hours for all of them."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray

__all__ = ["Choice", "choose"]


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
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.abs(forecasts - actual)
        known = np.isfinite(error)
        able = known.any(axis=1)
        same = known[able].all(axis=0)
        loss = np.full(len(forecasts), np.nan)
        if same.any():
            # Row by row: a sum over several rows may round one by what stands beside it.
            loss[able] = [row[same].mean() for row in error[able]]
    order = np.lexsort((np.where(np.isnan(loss), np.inf, loss), ~able))
    return Choice(loss, tuple(order.tolist()))
