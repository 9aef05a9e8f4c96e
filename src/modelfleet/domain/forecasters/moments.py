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
    edges = np.searchsorted(positions, borders).tolist()
    rows = _gather(features, target, positions)
    blocks = _Blocks.empty(max(len(edges) - 1, 0), len(rows) - 1)
    full = [(number, a, b) for number, (a, b) in enumerate(pairwise(edges)) if a < b]
    with np.errstate(over="ignore", invalid="ignore"):  # its own block alone is lost
        if full:
            _, start, stop = full[0]
            centre = _centre(rows[:-1, start:stop])
            rows[:-1] -= centre[:, None]
        for number, start, stop in full:
            blocks.measure(number, rows[:, start:stop], centre)
    spans = [(borders.index(window.start), borders.index(window.stop)) for window in windows]
    return blocks.join(np.array(spans, dtype=np.int64).reshape(-1, 2))


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
    """Moments of blocks, one after the other, stacked."""

    count: IntArray
    mean: FloatArray
    scatter: FloatArray

    @classmethod
    def empty(cls, blocks: int, columns: int) -> "_Blocks":
        """Blocks without rows."""
        return cls(
            count=np.zeros(blocks, dtype=np.int64),
            mean=np.zeros((blocks, columns)),
            scatter=np.zeros((blocks, columns, columns)),
        )

    def measure(self, number: int, rows: FloatArray, centre: FloatArray) -> None:
        """Sum up one block, shape (columns + 1, rows), from which ``centre`` was subtracted."""
        count = rows.shape[1]
        products = rows @ rows.T
        shift = products[-1, :-1] / count
        scatter = products[:-1, :-1] - count * shift[:, None] * shift
        if (count * shift**2 > FAR**2 * np.diagonal(scatter)).any():
            nearer = _centre(rows[:-1])
            if nearer.any():
                rows[:-1] -= nearer[:, None]
                self.measure(number, rows, centre + nearer)
                return
        self.count[number], self.mean[number] = count, centre + shift
        self.scatter[number] = scatter

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
        between = apart.swapaxes(1, 2) @ apart
        return Moments(total, mean, self._within(spans) + between)

    def _within(self, spans: IntArray) -> FloatArray:
        """Scatters of the blocks of each window, added up from its first one on."""
        found = np.zeros((len(spans), *self.scatter.shape[1:]))
        for first in np.unique(spans[:, 0]):  # expanding windows share it
            running = self.scatter[first:].cumsum(axis=0)
            same = (spans[:, 0] == first) & (spans[:, 1] > first)
            found[same] = running[spans[same, 1] - first - 1]
        return found
