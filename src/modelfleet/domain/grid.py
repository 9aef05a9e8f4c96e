"""The regular UTC time axis of a fleet.

A point in time is a *grid index*: the number of whole steps since 1970-01-01 00:00 UTC. The
local calendar is given from outside as two arrays, so that this floor needs no time zones.
"""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import IntArray

__all__ = ["Calendar", "Grid"]

MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True)
class Grid:
    """The step of the time axis, in minutes; it divides a day without remainder.

    >>> Grid(step_minutes=60).per_week
    168
    """

    step_minutes: int

    def __post_init__(self) -> None:
        if self.step_minutes < 1 or MINUTES_PER_DAY % self.step_minutes:
            raise ValueError(f"a step of {self.step_minutes} minutes does not divide a day")

    @property
    def per_day(self) -> int:
        """Steps in a day."""
        return MINUTES_PER_DAY // self.step_minutes

    @property
    def per_week(self) -> int:
        """Steps in a week, which is also the number of slots of the weekly calendar."""
        return 7 * self.per_day

    def hours(self, steps: float) -> float:
        """A number of steps, in hours."""
        return steps * self.step_minutes / 60


@dataclass(frozen=True)
class Calendar:
    """What the local clocks show along a stretch of the grid.

    Attributes:
        first: grid index of the first entry.
        slot: position in the local week per step, 0 (Monday 00:00) to ``per_week - 1``; shape (n,).
        shift: local time minus UTC per step, in whole steps; shape (n,).
    """

    grid: Grid
    first: int
    slot: IntArray
    shift: IntArray

    def __len__(self) -> int:
        return len(self.slot)

    def window(self, first: int, length: int) -> "Calendar":
        """The calendar of ``length`` steps from the grid index ``first`` on."""
        start = first - self.first
        if start < 0 or start + length > len(self):
            raise ValueError(f"steps {first} to {first + length} lie outside the calendar")
        part = slice(start, start + length)
        return Calendar(self.grid, first, self.slot[part], self.shift[part])

    def weeks_back(self, weeks: int) -> IntArray:
        """Positions that showed the same local time ``weeks`` weeks earlier; negative if before.

        Across a clock change the distance is one hour more or less than a whole week, so that
        "Monday 08:00" stays Monday 08:00 on the wall clock.
        """
        here = np.arange(len(self), dtype=np.int64)
        there = here - weeks * self.grid.per_week
        moved: IntArray = there + self.shift - self.shift[np.maximum(there, 0)]
        return np.where(there >= 0, moved, -1)
