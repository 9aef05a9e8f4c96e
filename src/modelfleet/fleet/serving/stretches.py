"""Readings in the order of time, one stretch after the other, each forgotten but for its sums."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import polars as pl

from modelfleet.domain.arrays import IntArray
from modelfleet.domain.weekly_sums import WeeklySums
from modelfleet.fleet.roster import Periods
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.faults import FAULT_SCHEMA
from modelfleet.fleet.serving.layout import Layout, lay_out
from modelfleet.fleet.serving.readings import first_steps, judge_readings

__all__ = ["Progress", "Stretches", "near_each_other"]

BEGINNING = datetime.min.replace(tzinfo=UTC)

ORIGINS = 32
"""Origins that share a window, at most."""

TOGETHER = 8_000_000
"""Readings that are summed up at a time: a few hundred megabytes."""

LONGEST_WEEKS = 104
"""Weeks that are summed up at a time, at most, however few sensors there are."""


@dataclass(frozen=True, eq=False)
class Progress:
    """What is still known of the readings before a step.

    Attributes:
        step: grid index.
        sums: of learnable readings, by sensor and slot of the local week; shapes (n, per_week).
        faults: readings that were left out, those of the last stretch among them.
        strangers: ids that the release does not know, with the step that first names them.
    """

    step: int
    sums: WeeklySums
    faults: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FAULT_SCHEMA))
    strangers: Mapping[str, int] = field(default_factory=dict)

    def moved(self, step: int, sums: WeeklySums) -> "Progress":
        """The same at a later step."""
        return replace(self, step=step, sums=sums)

    def strangers_before(self, step: int) -> tuple[str, ...]:
        """Ids that nobody knows and that were named before a step, sorted."""
        return tuple(sorted(name for name, first in self.strangers.items() if first < step))


@dataclass(frozen=True, eq=False)
class Stretches:
    """Reads the readings of some sensors.

    Attributes:
        content: of the release.
        asked: position in it of each sensor; shape (n,).
        scan: readings, from :func:`~modelfleet.fleet.serving.readings.scan_readings`.
        excluded: periods by sensor that are left out, beside those that the release knows.
    """

    content: Content
    asked: IntArray
    scan: pl.LazyFrame
    excluded: Mapping[str, Periods]

    def beginning(self) -> Progress:
        """Before all readings."""
        axis = self.content.axis
        nothing = WeeklySums.nothing(len(self.asked), axis.grid.per_week)
        return Progress(axis.index(BEGINNING, up=True), nothing)

    def read(self, known: Progress, until: int) -> tuple[Layout, Progress]:
        """Read on.

        Args:
            known: of what lies before.
            until: grid index of the first step that is not read.

        Returns:
            what was read, and what it tells beside its values; its sums are not yet added.
        """
        content, minutes = self.content, self.content.axis.step_minutes
        part = self._between(known.step, until).collect()
        judged = judge_readings(part, content.ids, step_minutes=minutes)
        laid = lay_out(
            content, self.asked, judged, first=known.step, stop=until, excluded=self.excluded
        )
        named = first_steps(part, judged.unknown, step_minutes=minutes)
        faults = [known.faults.filter(pl.col("step") < known.step), laid.faults]
        strangers = {**named, **known.strangers}
        return laid, replace(known, faults=pl.concat(faults), strangers=strangers)

    def sum_up(self, known: Progress, until: int) -> Progress:
        """Read on, and keep only sums.

        Args:
            known: of what lies before.
            until: grid index of the first step that is not read.
        """
        length, axis = self.length, self.content.axis
        for number in self._occupied(known.step, until):
            first, stop = max(number * length, known.step), min((number + 1) * length, until)
            laid, known = self.read(replace(known, step=first), stop)
            slot = axis.stretch(first, stop).calendar(first, stop - first).slot
            known = known.moved(stop, known.sums.add(laid.learnable(first, stop), slot))
        return replace(known, step=until)

    @property
    def length(self) -> int:
        """Steps that are read at a time."""
        most = LONGEST_WEEKS * self.content.axis.grid.per_week
        return max(min(TOGETHER // max(len(self.asked), 1), most), self.content.history)

    def _occupied(self, first: int, stop: int) -> list[int]:
        """Numbers of the stretches, counted from 1970, that hold a reading; ascending."""
        number = self.content.axis.index_of("timestamp") // self.length
        found = self._between(first, stop).select(number.unique()).collect()
        return found.to_series().sort().to_list()

    def _between(self, first: int, stop: int) -> pl.LazyFrame:
        axis, time = self.content.axis, pl.col("timestamp")
        return self.scan.filter(time >= axis.time(first), time < axis.time(stop))


def near_each_other(steps: Sequence[int], length: int) -> Iterator[tuple[int, ...]]:
    """Origins that share a window.

    Args:
        steps: grid indices, ascending.
        length: how far one may lie from the first of its window, in steps.
    """
    start = 0
    for stop in range(1, len(steps) + 1):
        full = stop - start == ORIGINS or stop == len(steps)
        if full or steps[stop] - steps[start] > length:
            yield tuple(steps[start:stop])
            start = stop
