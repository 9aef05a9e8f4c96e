"""Products of a series' rows with columns that repeat every week, but for changes of the clocks."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray

__all__ = ["multiply_weekly"]


def multiply_weekly(
    rows: FloatArray, week: FloatArray, slot: IntArray, edges: IntArray
) -> FloatArray:
    """Products of rows with the columns of the calendar in each block.

    Rows of one slot meet the same number of each such column, so they are added before: a block of
    forty weeks costs as much as one of a week.

    Args:
        rows: shape (r, n); the last one tells how often each position counts.
        week: the columns, by slot; shape (m, slots).
        slot: of each of the n positions; each follows on the one before, as a rule.
        edges: ascending positions between which blocks lie, from 0 to n; shape (blocks + 1,).

    Returns:
        shape (blocks, r + m, m): of the rows, and of the columns themselves.
    """
    cuts = _cuts(slot, edges, week.shape[1])
    products = np.empty((len(cuts) - 1, len(rows) + len(week), len(week)))
    for begin, end in _alike(cuts, slot):
        part = rows[:, cuts[begin] : cuts[end]].reshape(len(rows), end - begin, -1)
        sums = _add_weeks(part, week.shape[1]).swapaxes(0, 1)
        shown = np.take(week, slot[cuts[begin] : cuts[begin] + sums.shape[2]], axis=1)
        np.matmul(sums, shown.T, out=products[begin:end, : len(rows)])
        np.matmul(shown * sums[:, -1:], shown.T, out=products[begin:end, len(rows) :])
    return products if np.array_equal(cuts, edges) else _gather(products, cuts, edges)


def _cuts(slot: IntArray, edges: IntArray, slots: int) -> IntArray:
    """Borders of blocks, and positions whose slot does not follow on the one before; ascending."""
    places = np.flatnonzero(slot[1:] != slot[:-1] + 1) + 1
    within_week = slot[places - 1] - slot[places] != slots - 1
    return np.array(sorted({*edges.tolist(), *places[within_week].tolist()}), dtype=np.int64)


def _gather(products: FloatArray, cuts: IntArray, edges: IntArray) -> FloatArray:
    """Add up, block by block, what was cut once more."""
    found = np.zeros((len(edges) - 1, *products.shape[1:]))
    np.add.at(found, np.searchsorted(edges, cuts[:-1], side="right") - 1, products)
    return found


def _alike(cuts: IntArray, slot: IntArray) -> Iterator[tuple[int, int]]:
    """Neighbouring stretches of one length that begin in the same slot: the first, and the next."""
    first, length = slot[cuts[:-1]], cuts[1:] - cuts[:-1]
    other = (first[1:] != first[:-1]) | (length[1:] != length[:-1])
    return pairwise([0, *(np.flatnonzero(other) + 1).tolist(), len(length)])


def _add_weeks(rows: FloatArray, slots: int) -> FloatArray:
    """Sums of what lies whole weeks apart; shape (..., length) to (..., slots), if that is less."""
    length = rows.shape[-1]
    if length <= slots:
        return rows
    weeks, rest = divmod(length, slots)
    whole = rows[..., : weeks * slots].reshape(*rows.shape[:-1], weeks, slots)
    sums: FloatArray = whole.sum(axis=-2)
    sums[..., :rest] += rows[..., weeks * slots :]
    return sums
