"""Sums of squares and products of a series' rows, for any number of windows at once.

Each row is multiplied once: a block of rows between two window borders gives its mean and its
scatter about it, and the moments of a window are those of its blocks put together. No block knows
a later one: what comes after a window leaves no trace in it, not in the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.windows import Window

__all__ = ["Moments", "measure_moments"]

SAMPLE = 33
"""Most rows of which one, the middle one, is the provisional centre of a block."""

FAR = 1e3
"""Standard deviations from the shared centre at which a block gets a centre of its own: sums of
squares about a centre so far off would lose six of their sixteen digits."""


@dataclass(frozen=True)
class Moments:
    """Rows of each window, features and target side by side (the target last), summed up.

    Attributes:
        count: learnable rows; shape (windows,).
        mean: shape (windows, columns + 1).
        scatter: sums of products of what rows lie apart from the mean; shape
            (windows, columns + 1, columns + 1).
    """

    count: IntArray
    mean: FloatArray
    scatter: FloatArray


def measure_moments(
    features: FloatArray, target: FloatArray, learnable: BoolArray, windows: Sequence[Window]
) -> Moments:
    """Moments of the learnable rows of each window, in order.

    Args:
        features: shape (n, columns), best with contiguous columns; rows that are not learnable
            leave no trace, whatever they hold.
        target: shape (n,); likewise.
        learnable: shape (n,).
        windows: half-open stretches of the n rows.
    """
    borders = sorted({edge for window in windows for edge in (window.start, window.stop)})
    positions = np.flatnonzero(learnable)
    edges = np.searchsorted(positions, borders)
    rows = _gather(features, target, positions)
    spans = np.array(
        [(borders.index(window.start), borders.index(window.stop)) for window in windows],
        dtype=np.int64,
    ).reshape(-1, 2)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is lost to its own block
        return _measure(rows, edges, spans)


def _measure(rows: FloatArray, edges: IntArray, spans: IntArray) -> Moments:
    """Moments of stretches of blocks, which lie between neighbouring ``edges`` of the rows.

    Args:
        rows: shape (columns + 2, rows); they are moved to a centre.
        edges: ascending positions; shape (blocks + 1,).
        spans: of each window, its first block and the one after its last; shape (windows, 2).
    """
    count = np.diff(edges)
    products = np.zeros((len(count), len(rows), len(rows)))
    if not count.any():
        return _join_shared(products, np.zeros(len(rows) - 1), spans)
    first = int(np.flatnonzero(count)[0])
    centre = _centre(rows[:-1, edges[first] : edges[first + 1]])
    rows[:-1] -= centre[:, None]
    for block, (start, stop) in enumerate(pairwise(edges.tolist())):
        part = rows[:, start:stop]
        np.matmul(part, part.T, out=products[block])
    shared, far = _join_shared(products, centre, spans), _far(products)
    apart = np.array([far[start:stop].any() for start, stop in spans], dtype=np.bool_)
    if not apart.any():
        return shared
    own = _Blocks.measure(rows, edges, centre).join(spans)
    return Moments(
        shared.count,
        np.where(apart[:, None], own.mean, shared.mean),
        np.where(apart[:, None, None], own.scatter, shared.scatter),
    )


def _far(products: FloatArray) -> BoolArray:
    """Blocks whose mean lies too far from the centre for sums of squares about it."""
    count = np.maximum(products[:, -1, -1], 1.0)[:, None]
    shift = products[:, -1, :-1] / count
    squares = np.diagonal(products, axis1=1, axis2=2)[:, :-1]
    apart = count * shift**2
    return np.asarray((apart > FAR**2 * (squares - apart)).any(axis=1), dtype=np.bool_)


def _join_shared(products: FloatArray, centre: FloatArray, spans: IntArray) -> Moments:
    """Moments of windows whose blocks lie about one centre: sums of their products."""
    total = _add_up(products, spans)
    count = total[:, -1, -1]
    shift = total[:, -1, :-1] / np.maximum(count, 1.0)[:, None]
    scatter = total[:, :-1, :-1] - (count[:, None] * shift)[:, :, None] * shift[:, None, :]
    return Moments(count.astype(np.int64), centre + shift, scatter)


def _add_up(blocks: FloatArray, spans: IntArray) -> FloatArray:
    """Sums of stretches of blocks, each from its first one on, so that none knows a later one."""
    found = np.zeros((len(spans), *blocks.shape[1:]))
    for first in np.unique(spans[:, 0]):  # expanding windows share it
        running = blocks[first:].cumsum(axis=0)
        same = (spans[:, 0] == first) & (spans[:, 1] > first)
        found[same] = running[spans[same, 1] - first - 1]
    return found


def _gather(features: FloatArray, target: FloatArray, positions: IntArray) -> FloatArray:
    """Features, target and ones of some rows, whose products are all that is needed."""
    rows = np.empty((features.shape[1] + 2, len(positions)))
    np.take(features.T, positions, axis=1, out=rows[:-2], mode="clip")
    np.take(target, positions, out=rows[-2], mode="clip")
    rows[-1] = 1.0
    return rows


def _centre(rows: FloatArray) -> FloatArray:
    """Near the middle of some rows, shape (columns, rows), and exactly that of constant columns."""
    sample = np.sort(rows[:, :: -(-rows.shape[1] // SAMPLE)], axis=1)
    return sample[:, sample.shape[1] // 2]


@dataclass(frozen=True)
class _Blocks:
    """Moments of blocks that lie far from each other, each about a centre of its own."""

    count: IntArray
    mean: FloatArray
    scatter: FloatArray

    @classmethod
    def measure(cls, rows: FloatArray, edges: IntArray, centre: FloatArray) -> "_Blocks":
        """Sum up rows, shape (columns + 1, rows), from which ``centre`` was subtracted."""
        width, blocks = len(rows) - 1, len(edges) - 1
        found = cls(np.diff(edges), np.zeros((blocks, width)), np.zeros((blocks, width, width)))
        for block, (start, stop) in enumerate(pairwise(edges.tolist())):
            if start < stop:
                part = rows[:, start:stop]
                nearer = _centre(part[:-1])
                part[:-1] -= nearer[:, None]
                products, count = part @ part.T, stop - start
                shift = products[-1, :-1] / count
                found.mean[block] = centre + nearer + shift
                found.scatter[block] = products[:-1, :-1] - count * shift[:, None] * shift
        return found

    def join(self, spans: IntArray) -> Moments:
        """Moments of stretches of blocks, from a first one to before another; shape (windows, 2).

        What does not belong to a window is left out, not multiplied by zero, so that an overflow in
        a later block stays there.
        Source: Chan, Golub and LeVeque, 1983, doi:10.1080/00031305.1983.10483115.
        """
        block = np.arange(len(self.count))
        belongs = (spans[:, :1] <= block) & (block < spans[:, 1:])
        count = np.where(belongs, self.count, 0)
        total = count.sum(axis=1)
        weight = count / np.maximum(total, 1)[:, None]
        mean = np.where(belongs[..., None], weight[..., None] * self.mean, 0.0).sum(axis=1)
        apart = np.where(belongs[..., None], self.mean - mean[:, None], 0.0)
        apart *= np.sqrt(count)[..., None]
        return Moments(total, mean, _add_up(self.scatter, spans) + apart.swapaxes(1, 2) @ apart)
