"""The last weeks of several sensors side by side, on one calendar."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.baselines import Baseline, SensorFacts
from modelfleet.domain.grid import Calendar
from modelfleet.domain.series import Series
from modelfleet.domain.windows import exclusion_mask
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block
from modelfleet.fleet.roster import Member

__all__ = ["Panel", "side_by_side"]


@dataclass(frozen=True)
class Panel:
    """The last weeks of several sensors, and the week ahead, of which nothing is known.

    Attributes:
        series: shape (sensors, n).
        calendar: of the same n steps.
        begun: whether a sensor has had its first value; shape (sensors, n).
    """

    series: Series
    calendar: Calendar
    begun: BoolArray

    def learnable(self) -> FloatArray:
        """What was read and is not excluded, up to the end of the axis; shape (sensors, n)."""
        return self.series.learnable_values[:, : -self.calendar.grid.per_week]

    def forecast(
        self, baseline: Baseline, members: Sequence[Member], *, horizon: int
    ) -> tuple[FloatArray, FloatArray]:
        """What a baseline says of the weeks up to the end, and of the week ahead by its slots.

        Returns:
            shapes (sensors, n) and (sensors, per_week); NaN before a sensor's first value.
        """
        # As floating point, None is NaN.
        rules = np.array([[member.facts.rule_value] for member in members], dtype=np.float64)
        told = baseline.forecast(self.series, self.calendar, SensorFacts(rules), horizon=horizon)
        if not self.begun[:, 0].all():
            told[~self.begun] = np.nan
        until = len(self.calendar) - self.calendar.grid.per_week
        ahead = np.full((len(told), self.calendar.grid.per_week), np.nan)
        ahead[:, self.calendar.slot[until:]] = told[:, until:]
        return told[:, :until], ahead


def side_by_side(
    blocks: Sequence[Block], members: Sequence[Member], axis: Axis, *, weeks: int
) -> Panel:
    """Lay the last weeks of some sensors side by side.

    Args:
        blocks: their readings, each to the end of the axis.
        members: the same sensors.
        axis: of the run.
        weeks: at most so many, back from the end of the axis.
    """
    per_week = axis.grid.per_week
    first = max(axis.stop - weeks * per_week, axis.first)
    known = axis.stop - first
    values = np.full((len(blocks), known + per_week), np.nan)
    excluded = np.zeros(values.shape, dtype=np.bool_)
    for row, (block, member) in enumerate(zip(blocks, members, strict=True)):
        lately = block.values[-known:]
        values[row, known - len(lately) : known] = lately
        if member.excluded:
            excluded[row] = exclusion_mask(known + per_week, first=first, periods=member.excluded)
    begins = np.array([block.first - first for block in blocks])
    begun = np.arange(known + per_week) >= begins[:, None]
    return Panel(Series(first, values, excluded), axis.calendar(first, known + per_week), begun)
