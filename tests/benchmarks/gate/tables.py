"""The simulated figures as tables."""

from collections.abc import Sequence

import numpy as np

from tests.benchmarks.gate.entering import Entering
from tests.benchmarks.gate.holding import WORLDS, Holding
from tests.benchmarks.gate.replacing import EFFECTS, Replacing
from tests.benchmarks.gate.timing import Timing
from tests.benchmarks.table import Table

__all__ = ["entering_table", "holding_table", "replacing_table", "timing_table"]


def entering_table(found: Sequence[Entering], *, weeks: int) -> Table:
    """Error rates and power of both modes."""
    rows = [
        (
            each.setting.name,
            _share(each.false_acceptance),
            _share(each.false_share),
            _share(each.strict_power),
            _share(each.worse_share),
            _share(each.expected_power),
        )
        for each in found
        if each.weeks == weeks
    ]
    header = (
        "setting",
        "one test at 5 %",
        "strict: ties among accepted",
        "strict: power",
        "expected: worse among accepted",
        "expected: power",
    )
    return Table(f"Entering, {weeks} weeks, %", header, tuple(rows))


def replacing_table(found: Sequence[Replacing]) -> Table:
    """How many candidates take over, by what they truly are."""
    rows = [
        (
            f"{'refit' if each.same_recipe else 'another recipe'}, {each.weeks} weeks",
            *(_share(accepted) for accepted in each.accepted),
        )
        for each in found
    ]
    names = [_effect(effect) for effect in EFFECTS]
    return Table("Replacing, % accepted", ("candidate", *names), tuple(rows))


def holding_table(found: Sequence[Holding]) -> Table:
    """How many fleets are held."""
    rows = [
        (
            f"{'first' if each.first else 'later'} release, cross-correlation {each.cross:g}",
            *(_share(held) for held in each.held),
        )
        for each in found
    ]
    return Table("Holding, % of fleets", ("release", *WORLDS), tuple(rows))


def timing_table(found: Sequence[Timing]) -> Table:
    """Seconds for whole fleets."""
    rows = [
        (f"{each.sensors:,}", f"{each.first:.2f}", f"{each.later:.2f}", f"{each.hold:.2f}")
        for each in found
    ]
    header = ("sensors", "first run", "with champions", "hold")
    return Table("Gating, seconds", header, tuple(rows))


def _share(figures: np.ndarray) -> str:
    """Mean and standard error over the fleets, in percent."""
    error = figures.std(ddof=1) / np.sqrt(len(figures))
    return f"{100 * figures.mean():.1f} ± {100 * error:.1f}"


def _effect(effect: float) -> str:
    if effect == 0:
        return "as good"
    return f"{abs(100 * effect):.0f} % {'better' if effect > 0 else 'worse'}"
