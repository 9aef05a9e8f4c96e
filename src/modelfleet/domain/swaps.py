"""Which sensors look as if two of them had been exchanged."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray

__all__ = ["NOBODY", "Swaps", "find_swaps"]

NOBODY = -1
NEIGHBOURS = 5


@dataclass(frozen=True)
class Swaps:
    """The likeliest partner of each of ``n`` sensors; shapes (n,).

    Attributes:
        partner: position of the partner, :data:`NOBODY` where there is none.
        mismatch: how far the two miss each other's former level, as a share of the shift: 0 is an
            exact exchange; infinite where there is no partner.
    """

    partner: IntArray
    mismatch: FloatArray


def find_swaps(before: FloatArray, after: FloatArray, start: FloatArray, *, apart: float) -> Swaps:
    """Find pairs that took over each other's level at the same time.

    Args:
        before: former level; NaN for a sensor whose level did not change; shape (n,).
        after: level since; shape (n,).
        start: when it changed, in days; shape (n,).
        apart: days by which the two changes may lie apart.

    Neighbours in the plane (before, after) are searched with a k-d tree, O(n log n). The mismatch
    of a pair is the larger of its two misses, over the smaller of its two shifts.

    >>> nan = float("nan")
    >>> find_swaps(
    ...     np.array([1.0, nan, 9.0]), np.array([9.0, nan, 1.0]), np.array([5.0, nan, 5.0]), apart=1
    ... ).partner
    array([ 2, -1,  0])
    """
    swaps = Swaps(np.full(len(before), NOBODY), np.full(len(before), np.inf))
    moved = np.flatnonzero(np.isfinite(before) & np.isfinite(after) & (before != after))
    if len(moved) < 2:
        return swaps
    from scipy.spatial import KDTree  # loads linear algebra, and most fleets know no swap

    here = np.column_stack([before[moved], after[moved]])
    tree = KDTree(here)
    near: IntArray = np.asarray(tree.query(here[:, ::-1], k=min(NEIGHBOURS, len(moved)))[1])
    miss = np.abs(here[near] - here[:, None, ::-1]).max(axis=2)
    shift = np.abs(here[:, 1] - here[:, 0])
    mismatch = miss / np.minimum(shift[:, None], shift[near])
    late = np.abs(start[moved][near] - start[moved][:, None]) > apart
    mismatch = np.where(late | (near == np.arange(len(moved))[:, None]), np.inf, mismatch)
    best = mismatch.argmin(axis=1)
    row = np.arange(len(moved))
    swaps.mismatch[moved] = mismatch[row, best]
    found = np.isfinite(mismatch[row, best])
    swaps.partner[moved[found]] = moved[near[row, best]][found]
    return swaps
