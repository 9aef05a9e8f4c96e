"""The median of the same local hour over the last weeks."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.baselines.base import SensorFacts
from modelfleet.domain.grid import Calendar
from modelfleet.domain.series import Series

__all__ = ["HourOfWeekMedian"]


@dataclass(frozen=True)
class HourOfWeekMedian:
    """Median of the same local hour of the week over the ``weeks`` weeks before.

    Missing values are left out; with none of them known there is no forecast.
    """

    weeks: int = 4

    def forecast(
        self, series: Series, calendar: Calendar, facts: SensorFacts, *, horizon: int
    ) -> FloatArray:
        """See :class:`~modelfleet.domain.baselines.base.Baseline`."""
        known = np.where(series.learnable, series.values, np.nan)
        where = np.stack([calendar.weeks_back(k) for k in range(1, self.weeks + 1)])
        return _median_of_known(np.where(where >= 0, known[np.maximum(where, 0)], np.nan))


def _median_of_known(values: FloatArray) -> FloatArray:
    """Column-wise median without the missing values; NaN for a column without any."""
    ranked = np.sort(values, axis=0)
    count = np.isfinite(ranked).sum(axis=0)
    column = np.arange(values.shape[1])
    low = ranked[np.maximum(count - 1, 0) // 2, column]
    high = ranked[np.minimum(count // 2, len(values) - 1), column]
    return np.where(count > 0, (low + high) / 2, np.nan)
