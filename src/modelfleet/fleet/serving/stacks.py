"""Some sensors end to end as one long series, so that features are made of many at a time.

No feature looks back further than the history of its own sensor, so no sensor sees the one before
it, and each number is the same to the bit as if its sensor were alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from modelfleet.domain.arrays import AnyArray, IntArray
from modelfleet.domain.columns import Columns
from modelfleet.domain.features import Covariates
from modelfleet.domain.grid import Calendar
from modelfleet.domain.series import SeasonalMean, Series, seasonal_mean
from modelfleet.domain.weekly_sums import WeeklySums
from modelfleet.fleet.serving.window import Window

__all__ = ["Stack", "Stacks"]

TOGETHER = 32
"""Sensors that are laid end to end: as many as fit into a processor's cache."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Some sensors of a window, each with its history and its horizon.

    Attributes:
        rows: of the window; shape (n,).
        series: shape (n x length,); the horizon of each is missing.
        calendar: of the same steps.
        window: where they come from.
    """

    rows: IntArray
    series: Series
    calendar: Calendar
    window: Window

    @property
    def length(self) -> int:
        """Steps of each sensor."""
        return len(self.series.values) // len(self.rows)

    def horizon(self, values: AnyArray, *, origin: int | None = None) -> AnyArray:
        """The forecast steps of each sensor; shape (..., n x length) to (..., n, horizon).

        Args:
            values: of all steps.
            origin: grid index of the first forecast step; ``None`` is the last of the window's.
        """
        first = self.length - self.window.horizon
        if origin is not None:
            first = origin - self.window.axis.first
        apart = values.reshape(*values.shape[:-1], len(self.rows), self.length)
        ahead: AnyArray = apart[..., first : first + self.window.horizon]
        return ahead

    def ahead(self, columns: Columns, *, origin: int) -> Columns:
        """The rows of the forecast steps, sensor by sensor.

        Args:
            columns: of all steps.
            origin: grid index of the first forecast step.
        """
        laid = self.horizon(columns.laid, origin=origin).reshape(len(columns.laid), -1)
        slot = self.horizon(columns.slot, origin=origin).reshape(-1)
        return Columns(laid, columns.weekly, slot, columns.place)

    def seasonal(self) -> SeasonalMean:
        """The running weekly pattern, begun before the window."""
        before = self.window.before
        found = seasonal_mean(
            self.series.learnable_values.reshape(len(self.rows), self.length),
            self.window.calendar,
            horizon=self.window.horizon,
            before=WeeklySums(before.total[self.rows], before.count[self.rows]),
        )
        return SeasonalMean(found.known.reshape(-1), found.final)

    def covariates(self, found: Covariates | None) -> Covariates | None:
        """The same companions beside every sensor."""
        if found is None:
            return None
        first = self.series.first - self.window.horizon
        columns = [found.column(n, first=first, length=self.length) for n in found.names]
        values = np.tile(np.stack(columns, axis=1), (len(self.rows), 1))
        return Covariates(first, found.names, values)


@dataclass(frozen=True, eq=False)
class Stacks:
    """Cuts the sensors of a window into stacks."""

    window: Window
    _calendars: dict[int, Calendar] = field(default_factory=dict)

    def of(self, rows: IntArray, *, together: int = TOGETHER) -> Iterator[Stack]:
        """Stacks of so many sensors, in order."""
        for start in range(0, len(rows), together):
            yield self._stack(rows[start : start + together])

    def _stack(self, rows: IntArray) -> Stack:
        known = self.window.values.shape[1]
        values = np.full((len(rows), known + self.window.horizon), np.nan)
        values[:, :known] = self.window.values[rows]
        excluded = np.zeros(values.shape, dtype=np.bool_)
        excluded[:, :known] = self.window.excluded[rows]
        first = self.window.axis.first
        series = Series(first, values.reshape(-1), excluded.reshape(-1))
        return Stack(rows, series, self._calendar(len(rows)), self.window)

    def _calendar(self, sensors: int) -> Calendar:
        if sensors not in self._calendars:
            one = self.window.calendar
            slot, shift = np.tile(one.slot, sensors), np.tile(one.shift, sensors)
            self._calendars[sensors] = Calendar(one.grid, one.first, slot, shift)
        return self._calendars[sensors]
