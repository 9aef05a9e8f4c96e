"""Did something happen to the whole fleet in one week?

A week that is unusual for one sensor is that sensor's affair. A week in which the median sensor
leaves its usual range is an affair of the data, the weather or the code.
"""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Shock", "find_shock"]

MIN_USUAL = 4
"""Weeks of its own without which nothing is usual for a sensor."""

NORMAL_MAD = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""


@dataclass(frozen=True)
class Shock:
    """The most unusual of the weeks that were looked at.

    Attributes:
        week: its position, -1 where no week could be judged.
        median: of the sensors' deviations in that week, NaN where none could be judged.
        second: the same of the second most unusual week, NaN where there is none.
        deviation: of each sensor in the first, in its own weekly standard deviations; shape (n,).
    """

    week: int
    median: float
    second: float
    deviation: FloatArray

    def beyond(self, limit: float) -> IntArray:
        """Positions of the sensors that deviate by more, the furthest first."""
        far = np.flatnonzero(self.deviation > limit)
        return far[np.argsort(-self.deviation[far], kind="stable")]


def find_shock(
    values: FloatArray, recent: BoolArray, *, min_reference_weeks: int, min_sensors: int
) -> Shock:
    """Find the recent week in which the median sensor is furthest from what is usual for it.

    What is usual, a mean and a standard deviation per sensor, is taken from the weeks before. Where
    there are too few of them, as in a first run, the calmer three quarters of all weeks stand in:
    a shocked week must not pass for usual.

    Args:
        values: weekly figures of each sensor, NaN where unknown; shape (n, w).
        recent: weeks to be judged; shape (w,).
        min_reference_weeks: weeks before the recent ones that are enough.
        min_sensors: a week that fewer sensors know is not judged.
    """
    usual = ~recent if (~recent).sum() >= min_reference_weeks else _calm(values)
    deviation = _deviation(values, usual)
    known = np.isfinite(deviation).sum(axis=0)
    judged = np.flatnonzero(recent & (known >= max(min_sensors, 1)))
    if not len(judged):
        return Shock(-1, float("nan"), float("nan"), np.full(len(values), np.nan))
    medians = np.nanmedian(deviation[:, judged], axis=0)
    ranked = np.argsort(-medians, kind="stable")
    week = int(judged[ranked[0]])
    second = float(medians[ranked[1]]) if len(ranked) > 1 else float("nan")
    return Shock(week, float(medians[ranked[0]]), second, deviation[:, week])


def _calm(values: FloatArray) -> BoolArray:
    """All weeks but the quarter in which the median sensor is furthest from its own median."""
    centre = _row_median(values)
    distance = np.abs(values - centre[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = distance / (NORMAL_MAD * _row_median(distance))[:, None]
    unrest = _row_median(np.where(np.isfinite(deviation), deviation, np.nan).T)
    ranked = np.argsort(np.where(np.isfinite(unrest), unrest, np.inf), kind="stable")
    calm = np.zeros(values.shape[1], dtype=np.bool_)
    calm[ranked[: len(ranked) - len(ranked) // 4]] = True
    return calm


def _deviation(values: FloatArray, usual: BoolArray) -> FloatArray:
    """|value - mean of the usual weeks| in standard deviations of these; shape (n, w)."""
    counts = usual[None] & np.isfinite(values)
    weeks = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(counts, values, 0.0).sum(axis=1) / weeks
        residual = np.where(counts, values - mean[:, None], 0.0)
        spread = np.sqrt((residual**2).sum(axis=1) / (weeks - 1))
        known = (weeks >= MIN_USUAL) & (spread > 1e-12 * np.maximum(np.abs(mean), 1e-300))
        return np.where(known[:, None], np.abs(values - mean[:, None]) / spread[:, None], np.nan)


def _row_median(values: FloatArray) -> FloatArray:
    """Median of the finite values of each row, NaN where there are none."""
    ranked = np.sort(np.where(np.isfinite(values), values, np.nan), axis=1)
    count = np.isfinite(ranked).sum(axis=1)
    rows, last = np.arange(len(ranked)), max(ranked.shape[1] - 1, 0)
    low, high = (np.clip((count - 1) // 2, 0, last), np.clip(count // 2, 0, last))
    if not ranked.shape[1]:
        return np.full(len(ranked), np.nan)
    median: FloatArray = (ranked[rows, low] + ranked[rows, high]) / 2
    return median
