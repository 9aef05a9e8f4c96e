"""What baseline and candidate are judged on: the same series, the same weeks, the same hours."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.baselines import Baseline, SensorFacts
from modelfleet.domain.grid import Calendar
from modelfleet.domain.parameters.fleet import BacktestParameters
from modelfleet.domain.scoring import WeeklyLoss, by_week, seasonal_scale
from modelfleet.domain.series import Series
from modelfleet.domain.windows import exclusion_mask
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block
from modelfleet.fleet.roster import Member

__all__ = ["TRACE", "TRACED", "Judged", "backtest_shape", "judged_series"]

TRACE = pl.List(pl.Float32)
TRACED = 2
"""Judged weeks, the last ones, of which forecasts are kept step by step."""


@dataclass(frozen=True)
class Judged:
    """One sensor's series with its calendar, and the weeks it is judged on.

    Attributes:
        series: from the sensor's first value to the end of the axis.
        calendar: of the same steps.
        weeks: number of judged weeks, the last ones of the series.
        told: what its baseline says of them, if that was asked before; shape (weeks, per_week).
    """

    series: Series
    calendar: Calendar
    weeks: int
    told: FloatArray | None = None

    def forecast(
        self, baseline: Baseline, facts: SensorFacts, axis: Axis, *, horizon: int, reach: int
    ) -> FloatArray:
        """What a baseline says of the last ``reach`` weeks, NaN before; shape (n,).

        A baseline that looks back further than these weeks lacks what it needs at their beginning.
        """
        lately = self.series.last(reach * axis.grid.per_week)
        forecast = np.full(len(self.series.values), np.nan)
        calendar = axis.calendar(lately.first, len(lately.values))
        found = baseline.forecast(lately, calendar, facts, horizon=horizon)
        forecast[len(forecast) - len(found) :] = found
        return forecast

    def by_week(self, values: FloatArray) -> FloatArray:
        """The judged weeks of a series of forecasts; shape (weeks, per_week)."""
        return by_week(values, weeks=self.weeks, per_week=self.calendar.grid.per_week)

    def hours(self, loss: WeeklyLoss) -> list[float]:
        """Compared hours of each judged week."""
        return [self.calendar.grid.hours(int(steps)) for steps in loss.steps]

    @functools.cached_property
    def actual(self) -> FloatArray:
        """Readings of the judged weeks, NaN where missing or excluded; shape (weeks, per_week)."""
        return self.by_week(self.series.learnable_values)

    @property
    def before(self) -> FloatArray:
        """What was read one step before each step of the judged weeks; shape (weeks, per_week)."""
        return self.by_week(self.series.values[:-1])

    @property
    def scale(self) -> tuple[float, float]:
        """Errors of a weekly naive forecast before the judged weeks, for MASE and RMSSE."""
        season = self.calendar.grid.per_week
        return seasonal_scale(self.series.values[: -self.weeks * season], season=season)

    def valid(self, *forecasts: FloatArray) -> BoolArray:
        """Hours with a reading and with every forecast: the same hours for every contender."""
        valid: BoolArray = np.isfinite(self.actual)
        for forecast in forecasts:
            valid &= np.isfinite(forecast)
        return valid


def backtest_shape(parameters: BacktestParameters) -> dict[str, Any]:
    """What shapes the results of all sensors; which kinds are excluded does not.

    What is left out of a sensor's series stands with its member, so that an exclusion changes the
    versions of those whom it concerns, and no others.
    """
    return parameters.model_dump(mode="json", exclude={"exclude_events"})


def judged_series(
    block: Block, member: Member, axis: Axis, *, weeks: int, told: FloatArray | None = None
) -> Judged:
    """Put a sensor's readings, exclusions and calendar together."""
    length = len(block.values)
    excluded = exclusion_mask(length, first=block.first, periods=member.excluded)
    calendar = axis.calendar(block.first, length)
    return Judged(Series(block.first, block.values, excluded), calendar, weeks, told)
