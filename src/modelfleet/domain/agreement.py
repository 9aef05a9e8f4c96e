"""How far two models that should be the same are from each other."""

import numpy as np

from modelfleet.domain.arrays import FloatArray

__all__ = ["TOLERANCE", "largest_difference"]

TOLERANCE = 1e-9
"""Relative difference up to which numbers are the same: another type of processor adds in another
order, and changes the last bits."""


def largest_difference(recorded: FloatArray, anew: FloatArray) -> float:
    """The largest difference of two lists of numbers, relative to the number itself.

    Args:
        recorded: shape (n,); NaN where there is nothing.
        anew: shape (n,).

    Returns:
        max |a - b| / max(|a|, |b|), 0 where both are 0 or nothing; infinite where one has a number
        and the other has not, or where their lengths differ.

    >>> largest_difference(np.array([2.0, 0.0, np.nan]), np.array([2.5, 0.0, np.nan]))
    0.2
    """
    if recorded.shape != anew.shape or not np.array_equal(np.isfinite(recorded), np.isfinite(anew)):
        return float("inf")
    known = np.isfinite(recorded)
    first, second = recorded[known], anew[known]
    scale = np.maximum(np.abs(first), np.abs(second))
    gap = np.abs(first - second)
    return float(np.max(gap / np.where(scale > 0, scale, 1.0), initial=0.0))
