"""One sensor's readings on the grid, and what is put into its holes."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.grid import Calendar

__all__ = ["SeasonalMean", "Series", "carry_forward", "seasonal_mean"]


@dataclass(frozen=True)
class Series:
    """Readings of one sensor on the grid.

    Attributes:
        first: grid index of ``values[0]``.
        values: one value per step, NaN where nothing was read; shape (n,).
        excluded: true where an event keeps the step out of learning and scoring; shape (n,).
    """

    first: int
    values: FloatArray
    excluded: BoolArray

    @property
    def learnable(self) -> BoolArray:
        """Steps that were read and are not excluded; shape (n,)."""
        return np.isfinite(self.values) & ~self.excluded


@dataclass(frozen=True)
class SeasonalMean:
    """Running mean of each slot of the local week.

    Attributes:
        known: per step, the mean of the same slot over all that was known one horizon before;
            NaN until the slot was seen once; shape (n,).
        final: per slot, the mean over the whole series; NaN if never seen; shape (per_week,).
    """

    known: FloatArray
    final: FloatArray


def carry_forward(values: FloatArray, *, limit: int) -> FloatArray:
    """Hold the last value for up to ``limit`` steps; what is missing beyond stays missing.

    The value after a gap is never used: a forecast made inside the gap could not know it.

    >>> carry_forward(np.array([1.0, np.nan, np.nan, 4.0]), limit=2)
    array([1., 1., 1., 4.])
    >>> carry_forward(np.array([1.0, np.nan, np.nan, 4.0]), limit=1)
    array([ 1.,  1., nan,  4.])
    """
    position = np.arange(len(values))
    last = np.maximum.accumulate(np.where(np.isfinite(values), position, -1))
    held = values[np.maximum(last, 0)]
    return np.where((last >= 0) & (position - last <= limit), held, np.nan)


def seasonal_mean(values: FloatArray, calendar: Calendar, *, horizon: int) -> SeasonalMean:
    """Mean of each slot of the local week, as it was known ``horizon`` steps before each step.

    Args:
        values: shape (n,), NaN where unknown; unknown values do not count.
        calendar: of the same n steps.
        horizon: steps between the last known value and the forecast.
    """
    rank = _rank_in_slot(calendar.slot, calendar.grid.per_week)
    known = np.isfinite(values)
    table = np.zeros((int(rank.max(initial=-1)) + 2, calendar.grid.per_week))
    count = np.zeros_like(table)
    table[rank + 1, calendar.slot] = np.where(known, values, 0.0)
    count[rank + 1, calendar.slot] = known
    sums, counts = table.cumsum(axis=0), count.cumsum(axis=0)
    usable = rank - _too_recent(calendar, rank, horizon)
    return SeasonalMean(
        known=_ratio(sums[usable, calendar.slot], counts[usable, calendar.slot]),
        final=_ratio(sums[-1], counts[-1]),
    )


def _ratio(total: FloatArray, count: FloatArray) -> FloatArray:
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _rank_in_slot(slot: IntArray, slots: int) -> IntArray:
    """How many earlier steps share the slot of each step; shape (n,)."""
    order = np.argsort(slot, kind="stable")
    starts = np.searchsorted(slot[order], np.arange(slots))
    rank = np.empty(len(slot), dtype=np.int64)
    rank[order] = np.arange(len(slot)) - starts[slot[order]]
    return rank


def _too_recent(calendar: Calendar, rank: IntArray, horizon: int) -> IntArray:
    """1 where the slot was also shown less than a horizon ago (the doubled hour in autumn)."""
    position = np.arange(len(calendar))
    seen = np.full(
        (int(rank.max(initial=-1)) + 2, calendar.grid.per_week), -horizon, dtype=np.int64
    )
    seen[rank + 1, calendar.slot] = position
    near = position - seen[rank, calendar.slot] < horizon
    return (near & (rank > 0)).astype(np.int64)
