"""Which sensors look as if they went on under another id."""

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray
from modelfleet.domain.swaps import NOBODY

__all__ = ["find_successors"]


def find_successors(
    began: FloatArray,
    stopped: FloatArray,
    level: FloatArray,
    spread: FloatArray,
    kind: IntArray,
    *,
    apart: float,
) -> IntArray:
    """Find sensors that began when another of their kind and level stopped.

    Args:
        began: first reading, in days; NaN for a sensor that was there from the start; shape (n,).
        stopped: last reading, in days; NaN for a sensor that still sends; shape (n,).
        level: mean of the values; shape (n,).
        spread: standard deviation of the values; shape (n,).
        kind: code of what is measured, negative where unknown, which fits any; shape (n,).
        apart: days that may lie between.

    Returns:
        position of the sensor that took over, :data:`NOBODY` where there is none; shape (n,). The
        two are each other's nearest level, less than the smaller of their spreads away.

    >>> nan = float("nan")
    >>> find_successors(
    ...     began=np.array([nan, 10.0, 10.0]),
    ...     stopped=np.array([9.0, nan, nan]),
    ...     level=np.array([20.0, 20.1, 50.0]),
    ...     spread=np.array([2.0, 2.0, 2.0]),
    ...     kind=np.array([0, -1, 0]),
    ...     apart=7,
    ... )
    array([ 1, -1, -1])
    """
    found = np.full(len(began), NOBODY)
    before, after = np.flatnonzero(np.isfinite(stopped)), np.flatnonzero(np.isfinite(began))
    if not len(before) or not len(after):
        return found
    pause = began[after] - stopped[before][:, None]
    one, other = kind[before][:, None], kind[after]
    away = np.abs(level[after] - level[before][:, None])
    fits = (pause > 0) & (pause <= apart) & ((one == other) | (one < 0) | (other < 0))
    fits &= away < np.minimum(spread[after], spread[before][:, None])
    away = np.where(fits, away, np.inf)
    nearest = away.argmin(axis=1)
    row = np.arange(len(before))
    mutual = np.isfinite(away[row, nearest]) & (away.argmin(axis=0)[nearest] == row)
    found[before[mutual]] = after[nearest[mutual]]
    return found
