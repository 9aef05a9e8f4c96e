"""The readings that a forecast is made from, side by side: sensors in rows, steps in columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray, IntArray
from modelfleet.domain.errors import DataError
from modelfleet.domain.grid import Calendar
from modelfleet.domain.weekly_sums import WeeklySums
from modelfleet.domain.windows import exclusion_mask
from modelfleet.fleet.arrays import as_floats
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.roster import Periods
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.readings import Judged

__all__ = ["Window", "find_origin", "open_window"]

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
    """

    axis: Axis
    horizon: int
    values: FloatArray
    excluded: BoolArray
    before: WeeklySums
    left_out: Mapping[int, Mapping[str, int]]

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
    elif at.tzinfo is None:
        raise DataError(f"at is {at}, without a time zone; say which, such as UTC")
    else:
        origin = axis.index(at)
        if axis.time(origin) != at:
            raise DataError(f"at is {at}, between two steps of {axis.step_minutes} minutes")
    if origin < stop:
        raise DataError(
            f"at is {axis.time(origin):%Y-%m-%d %H:%M} UTC, but the release has learned from "
            f"readings up to {axis.end:%Y-%m-%d %H:%M} UTC; ask for a later time, or an older "
            "release"
        )
    if origin - stop > LATEST_WEEKS * axis.grid.per_week:
        raise DataError(
            f"the forecast would begin at {axis.time(origin):%Y-%m-%d %H:%M} UTC, more than "
            f"{LATEST_WEEKS} weeks after the release's last reading; correct the clock, or make a "
            "new release"
        )
    return origin


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
    begin, history = content.begin, content.fleet.history_weeks * content.axis.grid.per_week
    steps = origin - begin
    values, left_out = _lay_out(content, asked, judged, begin, steps)
    mask = _excluded(content, asked, begin, steps, excluded)
    earlier = steps - history  # what came after the release and before the window
    whole = Axis(content.axis.step_minutes, content.axis.time_zone, begin, origin)
    sums = WeeklySums(content.sums.total[asked], content.sums.count[asked])
    if earlier:
        learnable = np.where(mask, np.nan, values)[:, :earlier]
        sums = sums.add(learnable, whole.calendar(begin, earlier).slot)
    axis = Axis(whole.step_minutes, whole.time_zone, origin - history, origin)
    window = values[:, earlier:], mask[:, earlier:]
    return Window(axis, content.fleet.horizon, *window, sums, left_out)


def _lay_out(
    content: Content, asked: IntArray, judged: Judged, begin: int, steps: int
) -> tuple[FloatArray, dict[int, dict[str, int]]]:
    """Values, shape (n, steps), and what was left out of each row."""
    place = np.full(len(content.ids), -1)
    place[asked] = np.arange(len(asked))
    sensor, step, value = (judged.rows[name].to_numpy() for name in ("sensor", "step", "number"))
    row, column = place[sensor], step - begin
    inside = (row >= 0) & (column >= 0) & (column < steps)
    if not inside.all():
        sensor, row, column, value = (each[inside] for each in (sensor, row, column, value))
    left_out = {
        int(place[position]): dict(counts)
        for position, counts in judged.left_out.items()
        if place[position] >= 0
    }
    values = np.full((len(asked), steps), np.nan)
    values[row, column] = value
    for code, faulty in _beyond_limits(content, sensor, value):
        values[row[faulty], column[faulty]] = np.nan
        _tell(left_out, row[faulty], code)
    _settle_repetitions(values, row, column, value, left_out)
    return values, left_out


def _beyond_limits(
    content: Content, sensor: IntArray, value: FloatArray
) -> list[tuple[str, BoolArray]]:
    lower, upper = (as_floats(content.sensors[f"{end}_limit"]) for end in ("lower", "upper"))
    found = []
    if np.isfinite(lower).any():
        found.append(("below_lower_limit", value < lower[sensor]))
    if np.isfinite(upper).any():
        found.append(("above_upper_limit", value > upper[sensor]))
    return [(code, faulty) for code, faulty in found if faulty.any()]


def _settle_repetitions(
    values: FloatArray,
    row: IntArray,
    column: IntArray,
    value: FloatArray,
    left_out: dict[int, dict[str, int]],
) -> None:
    """The same value twice is one; of two values for one time nobody can tell which is right."""
    flat = row * values.shape[1] + column
    times = np.bincount(flat, minlength=values.size)
    if times.max(initial=0) < 2:
        return
    again = np.flatnonzero(times[flat] > 1)
    kept = values.reshape(-1)
    wrong = np.zeros(values.size, dtype=np.bool_)
    wrong[flat[again[value[again] != kept[flat[again]]]]] = True
    wrong &= np.isfinite(kept)
    kept[wrong] = np.nan
    _tell(left_out, row[again][wrong[flat[again]]], "conflicting_values")


def _tell(left_out: dict[int, dict[str, int]], rows: AnyArray, code: str) -> None:
    for row, count in zip(*np.unique(rows, return_counts=True), strict=True):
        left_out.setdefault(int(row), {})[code] = int(count)


def _excluded(
    content: Content,
    asked: IntArray,
    begin: int,
    steps: int,
    given: Mapping[str, Periods],
) -> BoolArray:
    mask = np.zeros((len(asked), steps), dtype=np.bool_)
    known = content.sensors["excluded"]
    some = (known.list.len() > 0).fill_null(value=False).to_numpy()
    for row, position in enumerate(asked):
        periods: Sequence[tuple[int, int]] = given.get(content.ids[position], ())
        if some[position]:
            edges = known[int(position)].to_list()
            periods = [*periods, *zip(edges[::2], edges[1::2], strict=False)]
        if periods:
            mask[row] = exclusion_mask(steps, first=begin, periods=periods)
    return mask
