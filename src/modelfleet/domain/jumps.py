"""Days on which the level of a sensor jumped far away from where it usually is."""

import numpy as np

from modelfleet.domain.arrays import FloatArray

__all__ = ["count_jumps"]


def count_jumps(values: FloatArray, levels: FloatArray, *, factor: float) -> int:
    """Count the days whose level lies ``factor`` interquartile ranges outside the middle half.

    Args:
        values: all known values; shape (n,).
        levels: of the days in question, from :func:`~modelfleet.domain.levels.summarise_days`;
            NaN for a day without a value.
        factor: above 0.

    Where the middle half has no width, nothing is far from it.

    >>> count_jumps(np.arange(9.0), np.array([3.0, 24.0, np.nan, 27.0, -19.0]), factor=5)
    2
    """
    days = levels[np.isfinite(levels)]
    if not len(days) or _surely_none(values, days, factor):
        return 0
    low, high = np.quantile(values, [0.25, 0.75])
    margin = factor * (high - low)
    if not margin > 0:
        return 0
    return int(np.count_nonzero((days < low - margin) | (days > high + margin)))


def _surely_none(values: FloatArray, days: FloatArray, factor: float) -> bool:
    """Whether two counts show already that no day jumped, which costs a tenth of quartiles.

    If more than a quarter of the values lie at or below some ``low`` and more than a quarter at or
    above some ``high``, the quartiles lie at or beyond both, and their limits beyond these ones.
    """
    centre, lowest, highest = values.mean(), days.min(), days.max()
    half = max(highest - centre, centre - lowest) / (2 * factor)
    low, high = centre - half, centre + half
    margin = factor * (high - low)
    if lowest < low - margin or highest > high + margin:
        return False
    quarter = len(values) / 4 + 1
    return bool(
        np.count_nonzero(values <= low) > quarter and np.count_nonzero(values >= high) > quarter
    )
