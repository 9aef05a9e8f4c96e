"""One sensor's readings on the grid, and what is put into its holes."""

import functools
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.grid import Calendar
from modelfleet.domain.weekly_sums import WeeklySums

__all__ = ["SeasonalMean", "Series", "carry_forward", "seasonal_mean"]


@dataclass(frozen=True)
class Series:
    """Readings on the grid: of one sensor, or of several side by side.

    Attributes:
        first: grid index of the first step.
        values: one value per step, NaN where nothing was read; shape (n,), or (sensors, n), as
            have all answers.
        excluded: true where an event keeps the step out of learning and scoring; same shape.
    """

    first: int
    values: FloatArray
    excluded: BoolArray

    @functools.cached_property
    def learnable(self) -> BoolArray:
        """Steps that were read and are not excluded."""
        return np.isfinite(self.values) & ~self.excluded

    @functools.cached_property
    def learnable_values(self) -> FloatArray:
        """The values of these steps, NaN elsewhere."""
        return np.where(self.learnable, self.values, np.nan)

    def last(self, steps: int) -> "Series":
        """The last steps, or all where there are fewer."""
        start = max(self.values.shape[-1] - steps, 0)
        return Series(self.first + start, self.values[..., start:], self.excluded[..., start:])

    def learnable_weeks_back(self, calendar: Calendar, weeks: int) -> FloatArray:
        """The learnable value at the same local time ``weeks`` weeks ago, or NaN."""
        values = self.learnable_values
        if calendar.is_steady:
            steps = min(weeks * calendar.grid.per_week, values.shape[-1])
            back = np.empty_like(values)
            back[..., :steps], back[..., steps:] = np.nan, values[..., : values.shape[-1] - steps]
            return back
        ended = np.concatenate([values, np.full((*values.shape[:-1], 1), np.nan)], axis=-1)
        # -1, before the beginning, is the NaN at the end.
        return np.take(ended, calendar.weeks_back(weeks), axis=-1, mode="wrap")


@dataclass(frozen=True)
class SeasonalMean:
    """Running mean of each slot of the local week.

    Attributes:
        known: per step, the mean of the same slot over all that was known one horizon before;
            NaN until the slot was seen once; shape (n,), or (sensors, n).
        final: per slot, the mean over the whole series; NaN if never seen; shape (per_week,), or
            (sensors, per_week).
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
    known = np.isfinite(values)
    holes = np.flatnonzero(~known)
    if not len(holes) or len(holes) == len(values):
        return np.where(known, values, np.nan)
    before = np.flatnonzero(known)
    nearest = np.searchsorted(before, holes) - 1
    last = before[np.maximum(nearest, 0)]
    held = values.copy()
    near = (nearest >= 0) & (holes - last <= limit)
    held[holes] = np.where(near, values[last], np.nan)
    return held


def seasonal_mean(
    values: FloatArray, calendar: Calendar, *, horizon: int, before: WeeklySums | None = None
) -> SeasonalMean:
    """Mean of each slot of the local week, as it was known ``horizon`` steps before each step.

    Args:
        values: shape (n,), or (sensors, n) of sensors that share the calendar; NaN where unknown;
            unknown values do not count.
        calendar: of the same n steps.
        horizon: steps between the last known value and the forecast.
        before: what came before the first step. From ``horizon`` steps on the answer is then that
            of the whole, to the bit. ``None`` is nothing.
    """
    slots, sensors = calendar.grid.per_week, values.shape[:-1]
    known = np.isfinite(values)
    plain = before is None and values.ndim == 1 and len(values)
    if plain and calendar.is_steady and 0 < horizon <= slots:
        return _steady_mean(values, known, slots, int(calendar.slot[0]))
    shown = int(calendar.rank.max(initial=-1)) + 1
    # Row r holds what came before the slot was shown r times.
    sums, counts = np.zeros((2, *sensors, shown + 1, slots))
    if before is not None:
        sums[..., 0, :], counts[..., 0, :] = before.total, before.count
    cell = calendar.cell + slots
    sums.reshape(*sensors, -1)[..., cell] = np.where(known, values, 0.0)
    counts.reshape(*sensors, -1)[..., cell] = known
    sums, counts = sums.cumsum(axis=-2), counts.cumsum(axis=-2)
    usable = calendar.known_cell(horizon)
    return SeasonalMean(
        known=_ratio(_picked(sums, usable), _picked(counts, usable)),
        final=_ratio(sums[..., -1, :], counts[..., -1, :]),
    )


def _picked(table: FloatArray, cells: IntArray) -> FloatArray:
    flat = table.reshape(*table.shape[:-2], -1)
    picked: FloatArray = np.take(flat, cells, axis=-1, mode="clip")
    return picked


def _steady_mean(values: FloatArray, known: BoolArray, slots: int, first_slot: int) -> SeasonalMean:
    """The same where no clock is changed: each week is a row, from its first step on."""
    length = len(values)
    weeks = -(-length // slots)
    sums, counts = table = np.zeros((2, weeks + 1, slots))  # row r: before the r-th time
    np.copyto(sums.reshape(-1)[slots : slots + length], values, where=known)
    counts.reshape(-1)[slots : slots + length] = known
    for rows in table:
        for before, row in pairwise(rows):  # twice as fast as a cumulative sum down the columns
            np.add(row, before, out=row)
    mean = _ratio(sums, counts)
    return SeasonalMean(known=mean.reshape(-1)[:length], final=np.roll(mean[-1], first_slot))


def _ratio(total: FloatArray, count: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):  # nothing by nothing is unknown
        return np.asarray(total / count, dtype=np.float64)
