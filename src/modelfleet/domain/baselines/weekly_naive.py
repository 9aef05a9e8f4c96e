"""The value of the same local hour last week."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.baselines.base import SensorFacts
from modelfleet.domain.grid import Calendar
from modelfleet.domain.series import Series

__all__ = ["WeeklyNaive"]


@dataclass(frozen=True)
class WeeklyNaive:
    """Seasonal naive forecast with a season of one local week.

    Where last week's value is missing, the week before is asked, up to ``weeks`` weeks back.
    Reference: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.2.
    """

    weeks: int = 4

    def forecast(
        self, series: Series, calendar: Calendar, facts: SensorFacts, *, horizon: int
    ) -> FloatArray:
        """See :class:`~modelfleet.domain.baselines.base.Baseline`."""
        out = np.full(len(series.values), np.nan)
        holes = np.arange(len(out))
        for back in range(1, self.weeks + 1):
            out[holes] = series.learnable_weeks_back(calendar, back)[holes]
            holes = holes[np.isnan(out[holes])]
        return out
