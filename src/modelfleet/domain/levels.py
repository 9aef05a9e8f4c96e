"""The level of a sensor from day to day: where it changed for good, and by how much."""

import functools
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray

__all__ = ["Days", "Shift", "find_shift", "level_ratio", "summarise_days"]


@dataclass(frozen=True)
class Shift:
    """A change of level that lasts to the end.

    Attributes:
        start: first day on the new level.
        distance: how far the nearest of the new days lies outside the former middle half of the
            values, in former interquartile ranges.
        before: median of the values before.
        after: median of the days since.
    """

    start: int
    distance: float
    before: float
    after: float


@dataclass(frozen=True)
class Days:
    """What the whole days of a sensor look like, counted back from the end; shapes (days,).

    Attributes:
        levels: median of the day; NaN for a day without a value.
        spreads: difference of its quartiles.
    """

    levels: FloatArray
    spreads: FloatArray

    def since(self, first: int) -> "Days":
        """The days from ``first`` on."""
        return Days(self.levels[first:], self.spreads[first:])


def summarise_days(values: FloatArray, per_day: int) -> Days:
    """Level and spread of each day.

    >>> summarise_days(np.array([9.0, 1.0, 2.0, 3.0, np.nan, 5.0, np.nan]), 3).levels
    array([2., 5.])
    """
    days = values[len(values) % per_day :].reshape(-1, per_day)
    ordered = np.sort(days, axis=1)  # NaN last; far faster than nanmedian
    known = np.isfinite(ordered).sum(axis=1)
    day, last = np.arange(len(days)), np.maximum(known - 1, 0)
    middle = (ordered[day, last // 2] + ordered[day, known // 2]) / 2
    spread = ordered[day, 3 * last // 4] - ordered[day, last // 4]
    return Days(np.where(known > 0, middle, np.nan), np.where(known > 0, spread, np.nan))


def level_ratio(days: Days, hold: int) -> float:
    """Largest factor, up or down, by which the level changed and stayed, and the spread with it.

    All of the ``hold`` known days after a change are so many times larger (or smaller) than all of
    the ``hold`` known days before it, but for one day on either side where there are more than
    three. The day of the change belongs to neither. A change of unit scales the spread of a day as
    well; a burst that ends does not. The spread varies more, so its square must reach the factor.
    A level of zero has no size: 1 where nothing can be told.

    >>> levels = np.array([2.0, 2.0, 2.0, 900.0, 2000.0, 2000.0, 2000.0])
    >>> level_ratio(Days(levels, spreads=levels / 5), 3)
    1000.0
    >>> level_ratio(Days(levels, spreads=np.full(7, 0.5)), 3)
    1.0
    """
    known = np.isfinite(days.levels)
    if known.sum() < 2 * hold + 1:
        return 1.0
    sizes = np.stack([np.abs(days.levels[known]), days.spreads[known]])
    level, spread = _held_ratios(sizes, hold)
    ratio = np.minimum(level, np.where(np.isfinite(spread), spread**2, np.inf))
    return float(np.max(ratio, initial=1.0, where=np.isfinite(ratio)))


def _held_ratios(size: FloatArray, hold: int) -> FloatArray:
    """Factors between the days before and after each change, up and then down; last axis days."""
    windows = _ordered_windows(size, hold)
    spare = int(hold > 3)
    low, high = windows[..., spare], windows[..., hold - 1 - spare]
    before, after = (..., slice(None, -hold - 1)), (..., slice(hold + 1, None))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.concatenate([low[after] / high[before], low[before] / high[after]], axis=-1)


def find_shift(
    values: FloatArray, levels: FloatArray, per_day: int, *, first: int, hold: int
) -> Shift | None:
    """Find the last lasting change of level: the days since lie on one side of what was usual.

    The change is looked for where the medians of ``hold`` known days before and after differ most.
    It lasts if the running median over three days stays outside the former middle half to the end,
    on one side: one odd day neither makes a shift nor hides one.

    Args:
        values: one per step, NaN where unknown; shape (n,).
        levels: from :func:`summarise_days`.
        per_day: steps in a day.
        first: earliest day that counts as a change.
        hold: known days before and after.
    """
    day = np.flatnonzero(np.isfinite(levels))
    split = _sharpest_change(levels[day], int(np.searchsorted(day, first)), hold)
    if split is None:
        return None
    start = int(day[split])
    since = levels[day[split:]]
    calm = _running_median(since, min(3, len(since)))
    usual = _median(levels[day[:split]])  # lies in the middle half, and costs less
    if calm.min() <= usual <= calm.max():
        return None
    earlier = values[: len(values) % per_day + start * per_day]
    low, before, high = np.quantile(earlier[np.isfinite(earlier)], [0.25, 0.5, 0.75])
    outside = max(float(calm.min() - high), float(low - calm.max()))
    after, eve = np.median(since), np.median(levels[day[max(split - hold, 0) : split]])
    changed_then = abs(eve - before) < abs(eve - after)  # and not long ago, before ``first``
    if not (outside > 0 and high > low and changed_then):
        return None
    return Shift(start, outside / float(high - low), float(before), float(after))


def _sharpest_change(levels: FloatArray, first: int, hold: int) -> int | None:
    """Position of the first day after the change, among known days."""
    start = max(first - hold, 0)
    recent = levels[start:]
    if len(recent) < 2 * hold:
        return None
    middle = _running_median(recent, hold)
    change = np.abs(middle[hold:] - middle[:-hold])
    best = int(change.argmax())
    if not change[best] > 0:
        return None
    around = recent[best : best + 2 * hold]
    return start + best + _first_of_the_new(around, old=middle[best], new=middle[best + hold])


def _first_of_the_new(levels: FloatArray, *, old: float, new: float) -> int:
    """Where to cut so that the fewest days lie on the wrong side."""
    like_new = np.abs(levels - new) < np.abs(levels - old)
    wrong_before = np.cumsum(like_new)[:-1]
    wrong_after = np.cumsum(~like_new[::-1])[::-1][1:]
    return int((wrong_before + wrong_after).argmin()) + 1


def _median(values: FloatArray) -> float:
    """Median of known values, in a sixth of the time of :func:`numpy.median`; at least one."""
    ordered, last = np.sort(values), len(values) - 1
    return float((ordered[last // 2] + ordered[len(values) // 2]) / 2)


def _running_median(values: FloatArray, width: int) -> FloatArray:
    """Median of every ``width`` neighbours; shape (n - width + 1,)."""
    windows = _ordered_windows(values, width)  # three times as fast as np.median over them
    middle: FloatArray = (windows[:, (width - 1) // 2] + windows[:, width // 2]) / 2
    return middle


def _ordered_windows(values: FloatArray, width: int) -> FloatArray:
    """Every ``width`` neighbours, sorted; shape (..., n) to (..., n - width + 1, width)."""
    windows: FloatArray = values.take(_neighbours(values.shape[-1], width), axis=-1)
    windows.sort(axis=-1)
    return windows


@functools.lru_cache(maxsize=32)
def _neighbours(length: int, width: int) -> IntArray:
    """Their positions: most sensors have as many days."""
    return np.arange(length - width + 1)[:, None] + np.arange(width)
