"""Several recipes compete for a sensor, on weeks that the gate does not use.

Each is backtested on the weeks before the judged ones, as if the series ended there: what comes
later is cut off before anything is computed. The winner alone meets the gate.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.choice import Choice, choose
from modelfleet.domain.parameters.recipes import FeatureParameters
from modelfleet.domain.rehearsal import Rehearsal
from modelfleet.domain.scoring import weekly_loss
from modelfleet.domain.screening import is_good_enough
from modelfleet.domain.series import Series
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.isolation import Failure, attempt, failed_row
from modelfleet.fleet.judged import Judged
from modelfleet.fleet.roster import Member

if TYPE_CHECKING:
    from modelfleet.fleet.tasks.training import TrainingTask

__all__ = ["compete", "earlier_weeks"]


def compete(
    trainer: "TrainingTask", member: Member, judged: Judged, buffer: FloatArray
) -> dict[str, Any]:
    """A sensor's row, made by the recipe that erred least before the judged weeks.

    A contender that raises is out of the race, there or in the judged weeks, and the next best
    takes its place; where all are out, the sensor failed. Where none has a forecast before the
    judged weeks, the first is taken.

    Args:
        trainer: the task; makes designs, forecasters and rows.
        member: the sensor, with its contenders.
        judged: its series.
        buffer: memory for designs.

    Returns:
        the columns of the candidate, ``contenders``, ``choice_loss`` and ``contender_reasons``.
    """
    names = member.contenders
    weeks = earlier_weeks(judged, trainer.axis, weeks=trainer.backtest.choice_weeks)
    forecasts, reasons = _forecasts(_Race(trainer, member, weeks, buffer), names)
    choice = choose(weeks.actual.reshape(-1), forecasts)
    row = failed_row(member.sensor_id, "")
    for place in _ranking(choice, names, reasons):
        found = attempt(
            functools.partial(trainer.fit, names[place], member, judged, buffer),
            what=_whose(member, names[place]),
        )
        if not isinstance(found, Failure):
            row = found
            break
        reasons[names[place]] = found.reason
        row["reason"] = row["reason"] or found.reason
    return {
        **row,
        "contenders": names,
        "choice_loss": choice.loss,
        "contender_reasons": [reasons.get(name) for name in names],
    }


def earlier_weeks(judged: Judged, axis: Axis, *, weeks: int) -> Judged:
    """The series as it was before the judged weeks, with the last of these weeks to be judged."""
    series = judged.series
    until = max(len(series.values) - judged.weeks * axis.grid.per_week, 0)
    return Judged(
        Series(series.first, series.values[:until], series.excluded[:until]),
        axis.calendar(series.first, until),
        weeks,
    )


def _forecasts(race: "_Race", names: Sequence[str]) -> tuple[FloatArray, dict[str, str]]:
    """What each contender says, shape (contenders, steps), and why some say nothing."""
    told = np.full((len(names), race.weeks.actual.size), np.nan)
    reasons: dict[str, str] = {}
    if not len(race.weeks.series.values):
        return told, reasons
    for name in race.ordered(names):
        found = attempt(functools.partial(race.forecast, name), what=_whose(race.member, name))
        if isinstance(found, Failure):
            reasons[name] = found.reason
        else:
            told[names.index(name)] = found.reshape(-1)
    return told, reasons


def _ranking(choice: Choice, names: Sequence[str], reasons: Mapping[str, str]) -> list[int]:
    """Positions of the contenders, the best first, those that are out of the race last."""
    return sorted(choice.order, key=lambda place: names[place] in reasons)


def _whose(member: Member, recipe: str) -> str:
    return f"sensor {member.sensor_id!r}: recipe {recipe!r}"


class _Race:
    """One sensor's recipes on the weeks of the choice; what several of them need is made once."""

    def __init__(
        self, trainer: "TrainingTask", member: Member, weeks: Judged, buffer: FloatArray
    ) -> None:
        self.member, self.weeks = member, weeks
        self._trainer, self._buffer = trainer, buffer
        self._recipes = trainer.parameters.recipes
        self._told: dict[str, FloatArray] = {}
        self._last: tuple[FeatureParameters, Rehearsal] | None = None

    def ordered(self, names: Sequence[str]) -> list[str]:
        """Those with the same features one after the other: they share a design."""
        features = [self._recipes[name].features for name in names]
        return sorted(names, key=lambda name: features.index(self._recipes[name].features))

    def forecast(self, recipe: str) -> FloatArray:
        """What a recipe says, or its screen where that is good enough; (weeks, per_week)."""
        spec = self._recipes[recipe]
        if spec.screen is not None:
            cheap = self._alone(spec.screen)
            if self._is_good_enough(cheap, spec.screen_probability):
                return cheap
        return self._alone(recipe)

    def _alone(self, recipe: str) -> FloatArray:
        if recipe not in self._told:
            forecaster = self._trainer.forecaster(recipe, self.member)
            forecast = self._rehearsal(recipe).forecast(forecaster)
            self._told[recipe] = self.weeks.by_week(forecast)
        return self._told[recipe]

    def _rehearsal(self, recipe: str) -> Rehearsal:
        """Designs are built in the same memory: the one before is gone when the next is there."""
        features, trainer, weeks = self._recipes[recipe].features, self._trainer, self.weeks
        if self._last is None or self._last[0] != features:
            self._last = None
            design = trainer.design(recipe, weeks, self._buffer)
            rehearsal = Rehearsal(weeks.series, design, trainer.plan(weeks), trainer.min_rows)
            self._last = features, rehearsal
        return self._last[1]

    def _is_good_enough(self, forecast: FloatArray, probability: float) -> bool:
        backup = self._trainer.backup(self.member, self.weeks)
        valid = self.weeks.valid(forecast, backup)
        own, other = (weekly_loss(self.weeks.actual, f, valid) for f in (forecast, backup))
        hours = np.asarray(self.weeks.hours(own))
        return is_good_enough(own.loss, other.loss, hours, min_probability=probability)
