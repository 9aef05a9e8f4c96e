"""The readings that a forecast is made from, side by side: sensors in rows, steps in columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.errors import DataError
from modelfleet.domain.grid import Calendar
from modelfleet.domain.weekly_sums import WeeklySums
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.roster import Periods
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.faults import count_faults
from modelfleet.fleet.serving.layout import Layout, lay_out
from modelfleet.fleet.serving.readings import Judged

__all__ = ["Window", "check_age", "find_origin", "open_window", "step_of", "window_of"]

LATEST_WEEKS = 104
"""A release that is older than this forecasts nothing any more."""


@dataclass(frozen=True, eq=False)
class Window:
    """Readings of some sensors before an origin.

    Attributes:
        axis: from the first step of the window to the origin.
        horizon: steps that are forecast.
        values: NaN where nothing was read; shape (n, history).
        excluded: what no pattern is learned from; shape (n, history).
        before: sums of what lies before the window.
        left_out: readings that were left out, by row and reason.
        origins: grid indices of the first steps to forecast, ascending; the last is the end of the
            axis. More than one only where many forecasts are made of one window.
    """

    axis: Axis
    horizon: int
    values: FloatArray
    excluded: BoolArray
    before: WeeklySums
    left_out: Mapping[int, Mapping[str, int]]
    origins: tuple[int, ...]

    @property
    def calendar(self) -> Calendar:
        """Of the history and the horizon."""
        return self.axis.calendar(self.axis.first, self.values.shape[1] + self.horizon)

    @property
    def last(self) -> FloatArray:
        """What was read one step before the origin; shape (n,)."""
        last: FloatArray = self.values[:, -1]
        return last

    @property
    def silent(self) -> BoolArray:
        """Sensors of which nothing was read; shape (n,)."""
        return np.asarray(~np.isfinite(self.values).any(axis=1), dtype=np.bool_)


def find_origin(rows: pl.DataFrame, content: Content, at: datetime | None) -> int:
    """Grid index of the first step to forecast.

    Args:
        rows: of the readings.
        content: of the release.
        at: the time of that step; ``None`` is the step after the last one that a ``quorum`` of the
            sensors with readings has reached, so that one wrong clock moves nobody, and never
            before the end of what the release knows.

    Raises:
        DataError: the release has learned from later readings, or is too old; or the time is not
            on the grid or names no zone.
    """
    stop, axis = content.axis.stop, content.axis
    if at is None:
        origin = max(_reached(rows, content.fleet.quorum), stop)
    else:
        origin = step_of(at, axis, what="at")
    if origin < stop:
        raise DataError(
            f"at is {axis.time(origin):%Y-%m-%d %H:%M} UTC, but the release has learned from "
            f"readings up to {axis.end:%Y-%m-%d %H:%M} UTC; ask for a later time, or an older "
            "release, or backfill"
        )
    check_age(origin, content)
    return origin


def step_of(time: datetime, axis: Axis, *, what: str) -> int:
    """The grid index of a time that somebody gave.

    Args:
        time: of a step.
        axis: of the grid.
        what: how the time is called in an error.

    Raises:
        DataError: it names no zone, or lies between two steps.
    """
    if time.tzinfo is None:
        raise DataError(f"{what} is {time}, without a time zone; say which, such as UTC")
    step = axis.index(time)
    if axis.time(step) != time:
        raise DataError(f"{what} is {time}, between two steps of {axis.step_minutes} minutes")
    return step


def check_age(origin: int, content: Content) -> None:
    """Refuse to forecast by a release that is too old.

    Args:
        origin: grid index of the first step to forecast.
        content: of the release.

    Raises:
        DataError: more than :data:`LATEST_WEEKS` weeks have passed since its last reading.
    """
    axis = content.axis
    if origin - axis.stop > LATEST_WEEKS * axis.grid.per_week:
        raise DataError(
            f"the forecast would begin at {axis.time(origin):%Y-%m-%d %H:%M} UTC, more than "
            f"{LATEST_WEEKS} weeks after the release's last reading; correct the clock, or make a "
            "new release"
        )


def _reached(rows: pl.DataFrame, quorum: float) -> int:
    if rows.is_empty():
        return 0
    last = rows.group_by("sensor").agg(pl.col("step").max())["step"].sort(descending=True)
    return int(last[max(int(np.ceil(quorum * len(last))) - 1, 0)]) + 1


def open_window(
    content: Content,
    asked: IntArray,
    judged: Judged,
    origin: int,
    *,
    excluded: Mapping[str, Periods],
) -> Window:
    """Lay the readings of some sensors out on the grid.

    Args:
        content: of the release.
        asked: positions of the sensors; shape (n,).
        judged: readings.
        origin: grid index of the first step to forecast.
        excluded: periods by sensor that are left out, beside those that the release knows.
    """
    begin = content.begin
    laid = lay_out(content, asked, judged, first=begin, stop=origin, excluded=excluded)
    sums = WeeklySums(content.sums.total[asked], content.sums.count[asked])
    left_out = count_faults(laid.faults, asked, since=begin, until=origin)
    return window_of(content, laid, sums, (origin,), left_out=left_out)


def window_of(
    content: Content,
    laid: Layout,
    sums: WeeklySums,
    origins: tuple[int, ...],
    *,
    left_out: Mapping[int, Mapping[str, int]],
) -> Window:
    """The window of some origins, out of readings that begin with it or before.

    Args:
        content: of the release.
        laid: readings up to the last origin.
        sums: of what lies before them.
        origins: grid indices of first steps to forecast, ascending.
        left_out: readings that were left out, by row and reason.
    """
    first = origins[0] - content.history
    axis = content.axis.stretch(first, origins[-1])
    if first > laid.first:
        whole = content.axis.stretch(laid.first, origins[-1])
        slot = whole.calendar(laid.first, first - laid.first).slot
        sums = sums.add(laid.learnable(laid.first, first), slot)
    part = np.s_[:, first - laid.first : origins[-1] - laid.first]
    values, mask = laid.values[part], laid.excluded[part]
    return Window(axis, content.fleet.horizon, values, mask, sums, left_out, origins)
