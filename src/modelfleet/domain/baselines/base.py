"""What every baseline can do."""

from dataclasses import dataclass
from typing import Protocol

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.grid import Calendar
from modelfleet.domain.series import Series

__all__ = ["Baseline", "SensorFacts"]


@dataclass(frozen=True)
class SensorFacts:
    """What is known of a sensor besides its readings.

    Attributes:
        rule_value: the forecast of its business rule, in the unit of its readings; ``None`` if it
            has no rule. Of several sensors shape (sensors, 1), NaN for those without.
    """

    rule_value: float | FloatArray | None = None


class Baseline(Protocol):
    """A forecaster without machine learning."""

    def forecast(
        self, series: Series, calendar: Calendar, facts: SensorFacts, *, horizon: int
    ) -> FloatArray:
        """Forecast each step of a series from what was known ``horizon`` steps before it.

        Args:
            series: shape (n,), or (sensors, n); excluded steps are not looked at.
            calendar: of the same n steps.
            facts: what else is known of the sensor.
            horizon: steps between the last known value and the forecast.

        Returns:
            like the series, in the unit of the readings; NaN where the baseline knows nothing.
        """
        ...
