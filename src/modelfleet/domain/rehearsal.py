"""Forecasters that are tried on the same weeks of the same sensor, with the same features."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.backtest import forecast_weeks
from modelfleet.domain.features import Design
from modelfleet.domain.forecasters.base import FittedModel, Forecaster
from modelfleet.domain.forecasters.linear import LinearForecaster
from modelfleet.domain.forecasters.moments import Moments, measure_moments
from modelfleet.domain.series import Series
from modelfleet.domain.windows import Backtest

__all__ = ["Rehearsal"]


@dataclass(frozen=True)
class Rehearsal:
    """A backtest without a final fit, for one forecaster after the other.

    Attributes:
        series: shape (n,).
        design: its features, of n rows; nothing may change them meanwhile.
        plan: which window is learned for which week.
        min_rows: a window with fewer learnable rows gives no model and no forecasts.
    """

    series: Series
    design: Design
    plan: Backtest
    min_rows: int

    @functools.cached_property
    def learnable(self) -> BoolArray:
        """Rows that a fit may use; shape (n,)."""
        return self.series.learnable & self.design.usable

    @functools.cached_property
    def moments(self) -> Moments:
        """Sums of the training windows: linear forecasters differ in what they make of them."""
        return measure_moments(
            self.design.columns, self.series.values, self.learnable, self.plan.training
        )

    def forecast(self, forecaster: Forecaster) -> FloatArray:
        """Day-ahead forecasts of the scored weeks, NaN elsewhere; shape (n,)."""
        return forecast_weeks(list(self._fit(forecaster)), self.design, self.plan.scoring)

    def _fit(self, forecaster: Forecaster) -> Iterator[FittedModel | None]:
        if isinstance(forecaster, LinearForecaster):
            return forecaster.solve(self.moments, min_rows=self.min_rows)
        return forecaster.refit(
            self.design.columns,
            self.series.values,
            self.learnable,
            self.plan.training,
            min_rows=self.min_rows,
        )
