"""What baseline and candidate are judged on: the same series, the same weeks, the same hours."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.baselines import Baseline, SensorFacts
from modelfleet.domain.grid import Calendar
from modelfleet.domain.scoring import WeeklyLoss, by_week, seasonal_scale
from modelfleet.domain.series import Series
from modelfleet.domain.windows import exclusion_mask
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block
from modelfleet.fleet.roster import Member

__all__ = ["Judged", "future_pattern", "judged_series"]


@dataclass(frozen=True)
class Judged:
    """One sensor's series with its calendar, and the weeks it is judged on.

    Attributes:
        series: from the sensor's first value to the end of the axis.
        calendar: of the same steps.
        weeks: number of judged weeks, the last ones of the series.
    """

    series: Series
    calendar: Calendar
    weeks: int

    def by_week(self, values: FloatArray) -> FloatArray:
        """The judged weeks of a series of forecasts; shape (weeks, per_week)."""
        return by_week(values, weeks=self.weeks, per_week=self.calendar.grid.per_week)

    def hours(self, loss: WeeklyLoss) -> list[float]:
        """Compared hours of each judged week."""
        return [self.calendar.grid.hours(int(steps)) for steps in loss.steps]

    @property
    def actual(self) -> FloatArray:
        """Readings of the judged weeks, NaN where missing or excluded; shape (weeks, per_week)."""
        return self.by_week(np.where(self.series.learnable, self.series.values, np.nan))

    @property
    def scale(self) -> tuple[float, float]:
        """Errors of a weekly naive forecast before the judged weeks, for MASE and RMSSE."""
        season = self.calendar.grid.per_week
        return seasonal_scale(self.series.values[: -self.weeks * season], season=season)

    def valid(self, *forecasts: FloatArray) -> BoolArray:
        """Hours with a reading and with every forecast: the same hours for every contender."""
        finite = np.isfinite(np.stack([self.actual, *forecasts]))
        return np.asarray(finite.all(axis=0), dtype=np.bool_)


def judged_series(block: Block, member: Member, axis: Axis, *, weeks: int) -> Judged:
    """Put a sensor's readings, exclusions and calendar together."""
    length = len(block.values)
    excluded = exclusion_mask(length, first=block.first, periods=member.excluded)
    calendar = axis.calendar(block.first, length)
    return Judged(Series(block.first, block.values, excluded), calendar, weeks)


def future_pattern(
    judged: Judged, baseline: Baseline, axis: Axis, facts: SensorFacts, *, horizon: int
) -> FloatArray:
    """What a baseline forecasts for the week after the end, by slot of the local week."""
    per_week, series = axis.grid.per_week, judged.series
    length = len(series.values) + per_week
    ahead = Series(
        series.first,
        np.concatenate([series.values, np.full(per_week, np.nan)]),
        np.concatenate([series.excluded, np.zeros(per_week, dtype=np.bool_)]),
    )
    calendar = axis.calendar(series.first, length)
    forecast = baseline.forecast(ahead, calendar, facts, horizon=horizon)[-per_week:]
    pattern = np.full(per_week, np.nan)
    pattern[calendar.slot[-per_week:]] = forecast
    return pattern
