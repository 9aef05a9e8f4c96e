"""The regular UTC time axis of a fleet.

A point in time is a *grid index*: the number of whole steps since 1970-01-01 00:00 UTC. The
local calendar is given from outside as two arrays, so that this floor needs no time zones.
"""

import functools
from dataclasses import dataclass, field

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


@dataclass(frozen=True, eq=False)
class Calendar:
    """What the local clocks show along a stretch of the grid.

    Most sensors of a fleet share one calendar, so it remembers what it was once asked.

    Attributes:
        first: grid index of the first entry.
        slot: position in the local week per step, 0 (Monday 00:00) to ``per_week - 1``; shape (n,).
        shift: local time minus UTC per step, in whole steps; shape (n,).
    """

    grid: Grid
    first: int
    slot: IntArray
    shift: IntArray
    _weeks_back: dict[int, IntArray] = field(default_factory=dict, init=False, repr=False)
    _known_cells: dict[int, IntArray] = field(default_factory=dict, init=False, repr=False)

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
        """Positions that showed the same local time ``weeks`` weeks earlier; -1 if before.

        Across a clock change the distance is one hour more or less than a whole week, so that
        "Monday 08:00" stays Monday 08:00 on the wall clock.
        """
        if weeks not in self._weeks_back:
            there = np.arange(len(self), dtype=np.int64) - weeks * self.grid.per_week
            moved = there + self.shift - self.shift[np.maximum(there, 0)]
            self._weeks_back[weeks] = np.where(there >= 0, np.maximum(moved, -1), -1)
        return self._weeks_back[weeks]

    @functools.cached_property
    def is_steady(self) -> bool:
        """Whether the clocks are never changed along the stretch."""
        return bool((self.shift == self.shift[:1]).all())

    @functools.cached_property
    def rank(self) -> IntArray:
        """How many earlier steps share the slot of each step; shape (n,)."""
        order = np.argsort(self.slot, kind="stable")
        starts = np.searchsorted(self.slot[order], np.arange(self.grid.per_week))
        rank = np.empty(len(self), dtype=np.int64)
        rank[order] = np.arange(len(self)) - starts[self.slot[order]]
        return rank

    @functools.cached_property
    def cell(self) -> IntArray:
        """Position of each step in a table of ranks by slots, row after row; shape (n,)."""
        return self.rank * self.grid.per_week + self.slot

    def known_cell(self, horizon: int) -> IntArray:
        """Like ``cell``, one row less where the slot was last shown less than a horizon ago."""
        if horizon not in self._known_cells:
            recent = (self.since_shown < horizon) & (self.rank > 0)
            self._known_cells[horizon] = self.cell - self.grid.per_week * recent
        return self._known_cells[horizon]

    @functools.cached_property
    def since_shown(self) -> IntArray:
        """Steps since the slot of each step was shown before; n + 1 where it was not.

        A week, but for clock changes: the doubled hour in autumn shows a slot twice in a night.
        """
        position = np.arange(len(self), dtype=np.int64)
        shown = np.full((int(self.rank.max(initial=-1)) + 2, self.grid.per_week), -1)
        shown[self.rank + 1, self.slot] = position
        last = shown[self.rank, self.slot]
        return np.where(last >= 0, position - last, len(self) + 1)
