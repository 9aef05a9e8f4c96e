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
        out = series.learnable_weeks_back(calendar, 1)
        flat = out.reshape(-1)
        holes = np.flatnonzero(np.isnan(flat))
        for back in range(2, self.weeks + 1):
            flat[holes] = series.learnable_weeks_back(calendar, back).reshape(-1)[holes]
            holes = holes[np.isnan(flat[holes])]
        return out
