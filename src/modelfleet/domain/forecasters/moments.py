"""Sums of squares and products of a series' rows, for any number of windows at once.

Each row is multiplied once: a block of rows between two window borders gives its mean and its
scatter about it, and the moments of a window are those of its blocks put together. No block knows
a later one: what comes after a window leaves no trace in it, not in the last bit.

Columns of the calendar are not multiplied row by row. Rows of one slot of the week share them, so
their products are those of one week with the sums of the other columns by slot.
"""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.columns import Columns
from modelfleet.domain.forecasters.weekly import multiply_weekly
from modelfleet.domain.windows import Window

__all__ = ["Moments", "measure_moments"]

SAMPLE = 33
"""Most rows of which one, the middle one, is the provisional centre of a block."""

FAR = 1e3
"""Standard deviations from the shared centre at which a block gets a centre of its own: sums of
squares about a centre so far off would lose six of their sixteen digits."""


class _Room(threading.local):
    """Memory that a thread uses again: to get it anew for each sensor takes as long as to fill."""

    def __init__(self) -> None:
        self._numbers = np.empty(0)

    def take(self, rows: int, columns: int) -> FloatArray:
        """Uninitialised; the caller before must be done with it."""
        if len(self._numbers) < rows * columns:
            self._numbers = np.empty(rows * columns)
        return self._numbers[: rows * columns].reshape(rows, columns)


_ROOM = _Room()


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
    features: Columns, target: FloatArray, learnable: BoolArray, windows: Sequence[Window]
) -> Moments:
    """Moments of the learnable rows of each window, in order.

    Args:
        features: of n rows; those that are not learnable leave no trace, whatever they hold.
        target: shape (n,); likewise.
        learnable: shape (n,).
        windows: half-open stretches of the n rows.
    """
    borders, spans = _blocks_of(tuple(windows))
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is lost to its own block
        return _measure(features, target, learnable, borders, spans)


@functools.lru_cache(maxsize=16)
def _blocks_of(windows: tuple[Window, ...]) -> tuple[IntArray, IntArray]:
    """Borders of the blocks that windows are made of, and each window's first block and next."""
    edges = [edge for window in windows for edge in (window.start, window.stop)]
    borders, places = np.unique(np.array(edges, dtype=np.int64), return_inverse=True)
    return borders, places.reshape(-1, 2)


def _measure(
    features: Columns,
    target: FloatArray,
    learnable: BoolArray,
    borders: IntArray,
    spans: IntArray,
) -> Moments:
    """Moments of stretches of blocks, which lie between neighbouring borders.

    Args:
        features: of n rows.
        target: shape (n,).
        learnable: shape (n,).
        borders: ascending positions; shape (blocks + 1,).
        spans: of each window, its first block and the one after its last; shape (windows, 2).
    """
    positions = np.flatnonzero(learnable)
    places = np.searchsorted(positions, borders)
    occupied = np.flatnonzero(places[1:] > places[:-1])
    width, blocks = features.width + 2, max(len(borders) - 1, 0)
    if not len(occupied):
        return _join_shared(np.zeros((blocks, width, width)), np.zeros(width - 1), spans)
    first = occupied[0]
    centre = _centre(features, target, positions[places[first] : places[first + 1]])
    # To the end of the last block that holds any: where one ends may not depend on a later one.
    known = slice(positions[places[0]], borders[occupied[-1] + 1])
    edges = np.minimum(np.maximum(borders, known.start), known.stop) - known.start
    rows = features.stretch(known), target[known], learnable[known]
    products = _multiply(*rows, centre, edges)
    shared, far = _join_shared(products, centre, spans), _far(products)
    if not far.any():
        return shared
    apart = np.array([far[start:stop].any() for start, stop in spans], dtype=np.bool_)
    whole = _shifted(rows[0].values.T, *rows[1:], centre)
    own = _Blocks.measure(whole, edges, centre).join(spans)
    return Moments(
        shared.count,
        np.where(apart[:, None], own.mean, shared.mean),
        np.where(apart[:, None, None], own.scatter, shared.scatter),
    )


def _shifted(
    features: FloatArray, target: FloatArray, learnable: BoolArray, centre: FloatArray
) -> FloatArray:
    """Features, target and ones about a centre; zero where not learnable.

    Zeroes leave no trace in sums, and to copy whole stretches is quicker than to pick rows. What is
    returned lasts until the next call.
    """
    rows = _ROOM.take(len(features) + 2, len(target))
    np.subtract(features, centre[:-1, None], out=rows[:-2])
    np.subtract(target, centre[-1], out=rows[-2])
    rows[-1] = 1.0
    rows[:, np.flatnonzero(~learnable)] = 0.0
    return rows


def _multiply(
    features: Columns,
    target: FloatArray,
    learnable: BoolArray,
    centre: FloatArray,
    edges: IntArray,
) -> FloatArray:
    """Products of features, target and ones with each other in each block, about a centre.

    Returns:
        shape (blocks, columns + 2, columns + 2).
    """
    laid, weekly = features.split(centre[:-1])
    rows = _shifted(features.laid, target, learnable, np.append(laid, centre[-1]))
    products = _multiply_laid(rows, edges)
    if not len(weekly):
        return products
    week = features.weekly - weekly[:, None]
    return _compose(products, multiply_weekly(rows, week, features.slot, edges), features.place)


def _compose(laid: FloatArray, weekly: FloatArray, place: int) -> FloatArray:
    """Put together the products of all columns.

    Args:
        laid: of what is laid out, shape (blocks, k, k).
        weekly: of that and of what is weekly with the latter; shape (blocks, k + m, m).
        place: where what is weekly stands.
    """
    others, (blocks, width, columns) = laid.shape[1], weekly.shape
    whole = np.empty((blocks, width, width))
    own = slice(place, place + columns)
    whole[:, own, own] = weekly[:, others:]
    before, after = (slice(place), slice(place)), (slice(own.stop, None), slice(place, others))
    for here, mine in (before, after):
        for there, its in (before, after):
            whole[:, here, there] = laid[:, mine, its]
        whole[:, here, own] = weekly[:, mine]
        whole[:, own, here] = weekly[:, mine].swapaxes(1, 2)
    return whole


def _multiply_laid(rows: FloatArray, edges: IntArray) -> FloatArray:
    """Products of all rows with each other in each block; shape (blocks, rows, rows).

    Blocks of one length, as weeks are, take one call, each by itself: how many there are leaves no
    trace in any of them.
    """
    lengths, width = edges[1:] - edges[:-1], len(rows)
    products = np.empty((len(lengths), width, width))
    others = np.flatnonzero(lengths[1:] != lengths[:-1]) + 1
    for begin, end in pairwise([0, *others.tolist(), len(lengths)]):
        part = rows[:, edges[begin] : edges[end]].reshape(width, end - begin, -1).swapaxes(0, 1)
        np.matmul(part, part.swapaxes(1, 2), out=products[begin:end])
    return products


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
    windows: dict[int, list[tuple[int, int]]] = {}  # expanding ones share their first block
    for window, (first, stop) in enumerate(spans.tolist()):
        windows.setdefault(first, []).append((stop, window))
    for first, same in windows.items():
        running, block = np.zeros(blocks.shape[1:]), first
        for stop, window in sorted(same):
            for number in range(block, stop):
                running += blocks[number]
            block = max(block, stop)
            found[window] = running
    return found


def _centre(features: Columns, target: FloatArray, positions: IntArray) -> FloatArray:
    """Near the middle of features and target in some rows, and exactly that of constant columns."""
    some = positions[:: -(-len(positions) // SAMPLE)]
    return _middle(np.vstack([features.take(some).values.T, target[some]]))


def _middle(sample: FloatArray) -> FloatArray:
    """The middle one in each row."""
    ranked = np.sort(sample, axis=1)
    return ranked[:, ranked.shape[1] // 2]


@dataclass(frozen=True)
class _Blocks:
    """Moments of blocks that lie far from each other, each about a centre of its own."""

    count: IntArray
    mean: FloatArray
    scatter: FloatArray

    @classmethod
    def measure(cls, rows: FloatArray, edges: IntArray, centre: FloatArray) -> "_Blocks":
        """Sum up rows, shape (columns + 2, rows), that lie about a centre."""
        width, blocks = len(rows) - 2, len(edges) - 1
        found = cls(
            np.zeros(blocks, dtype=np.int64),
            np.zeros((blocks, width + 1)),
            np.zeros((blocks, width + 1, width + 1)),
        )
        for block, (start, stop) in enumerate(pairwise(edges.tolist())):
            learnable = np.flatnonzero(rows[-1, start:stop])
            if len(learnable):
                part = rows[:, start + learnable]
                nearer = _middle(part[:-1, :: -(-len(learnable) // SAMPLE)])
                part[:-1] -= nearer[:, None]
                products, count = part @ part.T, len(learnable)
                shift = products[-1, :-1] / count
                found.count[block] = count
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
