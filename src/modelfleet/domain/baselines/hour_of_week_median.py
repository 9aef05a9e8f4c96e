"""The median of the same local hour over the last weeks."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.baselines.base import SensorFacts
from modelfleet.domain.grid import Calendar
from modelfleet.domain.medians import median_of_known
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
        return median_of_known(
            np.stack([series.learnable_weeks_back(calendar, k) for k in range(1, self.weeks + 1)])
        )
