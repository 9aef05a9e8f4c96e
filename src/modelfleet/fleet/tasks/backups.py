"""What baselines say of the weeks on which models are judged, of several sensors at a time."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.baselines import make_baseline
from modelfleet.domain.scoring import by_week
from modelfleet.fleet.blocks import Block
from modelfleet.fleet.isolation import Failure, attempt
from modelfleet.fleet.judged import Judged
from modelfleet.fleet.panel import side_by_side
from modelfleet.fleet.roster import Member

if TYPE_CHECKING:
    from modelfleet.fleet.tasks.training import TrainingTask

__all__ = ["ask_baseline", "ask_baselines"]

TOGETHER = 8
"""Sensors that are asked for at once: what they need fits into the processor's cache."""


def ask_baseline(trainer: "TrainingTask", member: Member, judged: Judged) -> FloatArray:
    """Ask for the judged weeks of one sensor; NaN where nothing is known; (weeks, per_week)."""
    baseline = make_baseline(trainer.baselines[member.sensor_id], weeks=trainer.baseline_weeks)
    reach = judged.weeks + trainer.baseline_weeks + 1
    horizon, facts = trainer.horizon, member.facts
    return judged.by_week(
        judged.forecast(baseline, facts, trainer.axis, horizon=horizon, reach=reach)
    )


def ask_baselines(trainer: "TrainingTask", found: Mapping[str, Block]) -> dict[str, FloatArray]:
    """Ask for the judged weeks of all sensors of a task, to the bit as if each were asked alone.

    A sensor whose baseline cannot be asked so is left out: it is asked alone, and may fail alone.

    Args:
        trainer: the task.
        found: readings by sensor.

    Returns:
        by sensor, NaN where its baseline knows nothing; shape (weeks, per_week).
    """
    told: dict[str, FloatArray] = {}
    for name, members in _with_one_baseline(trainer, found):
        asked = functools.partial(_ask, trainer, name, members, found)
        answer = attempt(asked, what=f"baseline {name!r} of {len(members)} sensors")
        if not isinstance(answer, Failure):
            told.update(answer)
    return told


def _with_one_baseline(
    trainer: "TrainingTask", found: Mapping[str, Block]
) -> Iterator[tuple[str, Sequence[Member]]]:
    groups: dict[str, list[Member]] = {}
    for member in trainer.roster.all():
        name = trainer.baselines.get(member.sensor_id)
        if name is not None and member.sensor_id in found:
            groups.setdefault(name, []).append(member)
    for name, members in groups.items():
        for start in range(0, len(members), TOGETHER):
            yield name, members[start : start + TOGETHER]


def _ask(
    trainer: "TrainingTask", name: str, members: Sequence[Member], found: Mapping[str, Block]
) -> dict[str, FloatArray]:
    readings = [found[member.sensor_id] for member in members]
    reach = trainer.backtest.weeks + trainer.baseline_weeks + 1
    panel = side_by_side(readings, members, trainer.axis, weeks=reach)
    baseline = make_baseline(name, weeks=trainer.baseline_weeks)
    forecast, _ = panel.forecast(baseline, members, horizon=trainer.horizon)
    per_week = trainer.axis.grid.per_week
    weekly = by_week(forecast, weeks=trainer.backtest.weeks, per_week=per_week)
    return {member.sensor_id: row for member, row in zip(members, weekly, strict=True)}
