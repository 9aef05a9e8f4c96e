"""What the baselines say: of recent readings where there are any, else what the release holds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.baselines import SensorFacts, make_baseline
from modelfleet.fleet.serving.content import Content
from modelfleet.fleet.serving.stacks import Stacks

__all__ = ["Backups"]

BY_FACTS = ("business_rule",)
"""Baselines that know something else of each sensor, and so take one at a time."""


@dataclass(frozen=True, eq=False)
class Backups:
    """What the baselines say of the sensors of a window, worked out for those that need it.

    Attributes:
        values: NaN where nothing is known, or was not asked for yet; shape (n, horizon).
        stale: taken from the release for want of recent readings; shape (n, horizon).
        found: whose baseline was asked; shape (n,).
    """

    values: FloatArray
    stale: BoolArray
    found: BoolArray

    @classmethod
    def none_yet(cls, sensors: int, horizon: int) -> "Backups":
        """Nobody's baseline was asked."""
        shape = (sensors, horizon)
        return cls(
            np.full(shape, np.nan), np.zeros(shape, np.bool_), np.zeros(sensors, dtype=np.bool_)
        )

    def ask(self, wanted: BoolArray, content: Content, asked: IntArray, stacks: Stacks) -> bool:
        """Ask the baselines of some sensors; whether there was anybody left to ask.

        Args:
            wanted: rows of the window; shape (n,).
            content: of the release.
            asked: position in it of each row.
            stacks: of the window.
        """
        rows = np.flatnonzero(wanted & ~self.found & ~content.retired[asked])
        self.found[rows] = True
        if not len(rows):
            return False
        self._from_readings(rows, content, asked, stacks)
        slots = stacks.window.calendar.slot[-stacks.window.horizon :]
        held = content.pattern[asked[rows]][:, slots]
        lost = ~np.isfinite(self.values[rows])
        self.values[rows] = np.where(lost, held, self.values[rows])
        self.stale[rows] = lost & np.isfinite(held)
        return True

    def _from_readings(
        self, rows: IntArray, content: Content, asked: IntArray, stacks: Stacks
    ) -> None:
        names = content.baselines["baseline"].gather(asked[rows]).to_numpy()
        facts = content.sensors["rule_value"].gather(asked[rows]).to_list()
        for name in sorted(set(filter(None, names))):
            chosen = np.flatnonzero(names == name)
            baseline = make_baseline(name, weeks=content.baseline_weeks)
            together: Iterable[tuple[IntArray, float | None]]
            if name in BY_FACTS:
                together = [(rows[[k]], facts[k]) for k in chosen]
            else:
                together = [(rows[chosen], None)]
            for some, value in together:
                for stack in stacks.of(some):
                    told = baseline.forecast(
                        stack.series,
                        stack.calendar,
                        SensorFacts(rule_value=value),
                        horizon=stack.window.horizon,
                    )
                    self.values[stack.rows] = stack.horizon(told)
