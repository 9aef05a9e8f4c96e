"""The stretch of the grid that a run looks at, and its local calendar."""

import functools
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from modelfleet.domain.arrays import IntArray
from modelfleet.domain.errors import DataError
from modelfleet.domain.grid import Calendar, Grid
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.fleet.sharded import ReadingsSource

__all__ = ["Axis", "find_axis"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY = 3
"""Days from Monday to 1970-01-01, a Thursday."""


@dataclass(frozen=True)
class Axis:
    """The time axis of a run.

    Attributes:
        step_minutes: of the grid.
        time_zone: of the local calendar.
        first: grid index of the fleet's first reading.
        stop: grid index after the fleet's last reading.
    """

    step_minutes: int
    time_zone: str
    first: int
    stop: int

    @property
    def grid(self) -> Grid:
        """The grid."""
        return Grid(self.step_minutes)

    @property
    def end(self) -> datetime:
        """The time of the fleet's last step."""
        return self.time(self.stop - 1)

    @property
    def period(self) -> str:
        """First to last step, for people."""
        return f"{self.time(self.first):%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"

    def as_dict(self) -> dict[str, int | str]:
        """The axis as JSON can hold it; ``Axis(**axis.as_dict())`` is the same axis."""
        return asdict(self)

    def time(self, index: int) -> datetime:
        """The time of a grid index."""
        return EPOCH + timedelta(minutes=index * self.step_minutes)

    def index(self, time: datetime, *, up: bool = False) -> int:
        """The grid index at or before a time, or at or after it."""
        minutes = (time - EPOCH) / timedelta(minutes=self.step_minutes)
        return int(np.ceil(minutes)) if up else int(np.floor(minutes))

    def index_of(self, column: str) -> pl.Expr:
        """The grid index of a column of times that lie on the grid."""
        return pl.col(column).dt.epoch("us") // self._microseconds

    def indices(self, times: IntArray) -> IntArray:
        """The grid index of times that lie on the grid, in microseconds since 1970."""
        return np.asarray(times // self._microseconds, dtype=np.int64)

    @property
    def _microseconds(self) -> int:
        return self.step_minutes * 60_000_000

    def stretch(self, first: int, stop: int) -> "Axis":
        """Another stretch of the same grid, by the same clock."""
        return Axis(self.step_minutes, self.time_zone, first, stop)

    def calendar(self, first: int, length: int) -> Calendar:
        """The local calendar of a stretch, up to a week beyond the end."""
        return _stretch(self, first, length)


@functools.lru_cache(maxsize=32)
def _stretch(axis: Axis, first: int, length: int) -> Calendar:
    """Most sensors begin with the fleet, and share what their calendar remembers."""
    return _calendar(axis).window(first, length)


@functools.lru_cache(maxsize=4)
def _calendar(axis: Axis) -> Calendar:
    grid = axis.grid
    index = np.arange(axis.first, axis.stop + grid.per_week, dtype=np.int64)
    utc = pl.from_epoch(pl.Series(index * axis.step_minutes * 60), "s").dt.replace_time_zone("UTC")
    local = utc.dt.convert_time_zone(axis.time_zone)
    offset = (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_minutes().to_numpy()
    minute = index * axis.step_minutes + offset + MONDAY * 24 * 60
    slot = minute // axis.step_minutes % grid.per_week
    return Calendar(grid, axis.first, slot, offset // axis.step_minutes)


def find_axis(readings: ReadingsSource, fleet: FleetParameters) -> Axis:
    """Find where the fleet's data begin and end.

    The end is the last step that a ``quorum`` of the sensors with data has reached, so that one
    sensor with a wrong clock cannot move the windows of all others.
    """
    spans = readings.spans().drop_nulls("first")
    if spans.is_empty():
        raise DataError("the table of readings holds no value; run the ingestion pipeline first")
    reached = spans["last"].sort(descending=True)
    last = reached[max(int(np.ceil(fleet.quorum * len(reached))) - 1, 0)]
    first = spans.filter(pl.col("first") <= last)["first"].sort()[0]
    bare = Axis(fleet.grid.step_minutes, fleet.time_zone, 0, 0)
    return Axis(bare.step_minutes, bare.time_zone, bare.index(first), bare.index(last) + 1)
