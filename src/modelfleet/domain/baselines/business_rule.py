"""What a person who knows the plant would write down."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.baselines.base import SensorFacts
from modelfleet.domain.grid import Calendar
from modelfleet.domain.series import Series

__all__ = ["BusinessRule"]


@dataclass(frozen=True)
class BusinessRule:
    """One constant per sensor: a value from configuration or from the sensor's metadata."""

    def forecast(
        self, series: Series, calendar: Calendar, facts: SensorFacts, *, horizon: int
    ) -> FloatArray:
        """See :class:`~modelfleet.domain.baselines.base.Baseline`."""
        value = np.nan if facts.rule_value is None else facts.rule_value
        return np.full(series.values.shape, value)
