"""What the gate decides at each date, and what came in the weeks after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.gates import ChampionEvidence
from modelfleet.fleet.scorecard import judge_candidates
from modelfleet.fleet.tasks import TrainingTask
from tests.benchmarks.regret.arithmetic import Losses, mean_loss
from tests.benchmarks.regret.fleet import Fleet
from tests.benchmarks.regret.stages import FrozenTask, admit, choose_baselines, training_task

__all__ = ["AHEAD", "MODES", "SERVED", "Gating", "gate_fleet", "losses_of", "served_by"]

AHEAD = 4
"""Weeks that are looked at after each gate date, and from one gate date to the next."""

MODES = ("expected", "strict")

SERVED: Mapping[str, type[TrainingTask]] = {"refitted": TrainingTask, "frozen": FrozenTask}
"""What the model of the weeks ahead is: refitted at the start of each, or fitted at the date."""


@dataclass(frozen=True)
class Gating:
    """A gate date.

    Attributes:
        fleet: as it stood.
        admitted: sensors that a model may learn from.
        baselines: chosen baseline by sensor.
        candidates: trained at the date.
        ahead: losses of the weeks after it, by what the model is.
        same_unseen: the candidates are the same where later rows are there beyond the axis.
    """

    fleet: Fleet
    admitted: pl.DataFrame
    baselines: Mapping[str, str]
    candidates: pl.DataFrame
    ahead: Mapping[str, pl.DataFrame]
    same_unseen: bool

    @cached_property
    def nothing_after(self) -> bool:
        """No row that the gate saw is of a later time than the date's last step."""
        return all(last <= self.fleet.axis.end for last in self.fleet.last_rows())

    def accept(self, mode: str, *, on_model: frozenset[str] = frozenset()) -> frozenset[str]:
        """Sensors that a model serves after the date.

        Args:
            mode: of the gate.
            on_model: sensors on a model before; they stay on one while it is sane and gains.
        """
        verdicts = _judge(self.fleet, self.candidates, mode, on_model)
        return frozenset(verdicts.filter(pl.col("decision") != "baseline")["sensor_id"])

    def verdict(self, sensor_id: str) -> dict[str, Any]:
        """The verdict of a trained candidate, in expected mode and a first run."""
        verdicts = _judge(self.fleet, self.candidates, "expected", frozenset())
        return verdicts.row(by_predicate=pl.col("sensor_id") == sensor_id, named=True)


def gate_fleet(whole: Fleet, *, dates: int) -> Iterator[Gating]:
    """Gate a fleet at each date, the oldest first; the last one is four weeks before the end."""
    for weeks in range(AHEAD * dates, 0, -AHEAD):
        fleet = whole.back(weeks)
        admitted = admit(fleet)
        baselines = choose_baselines(fleet, admitted)
        judged: Any = {"weeks": fleet.settings["backtest"].weeks}
        candidates = fleet.run(training_task(fleet, admitted, baselines, **judged))
        # The same run where the later rows are there: only the end of the axis keeps them away.
        seen = replace(whole, axis=fleet.axis)
        again = seen.run(training_task(seen, admitted, choose_baselines(seen, admitted), **judged))
        later = whole.back(weeks - AHEAD)
        ahead = {
            name: later.run(training_task(later, admitted, baselines, weeks=AHEAD, kind=kind))
            for name, kind in SERVED.items()
        }
        # A version names the covariates as a whole, whatever was read of them.
        same = candidates.drop("version").equals(again.drop("version"))
        yield Gating(fleet, admitted, baselines, candidates, ahead, same)


def served_by(gatings: Sequence[Gating], mode: str, *, as_runs: bool) -> list[frozenset[str]]:
    """Sensors on a model after each date.

    Args:
        gatings: the oldest first.
        mode: of the gate.
        as_runs: each date knows what the one before decided; else each is a first run.
    """
    if not as_runs:
        return [gating.accept(mode) for gating in gatings]
    served: list[frozenset[str]] = [frozenset()]
    for gating in gatings:
        served.append(gating.accept(mode, on_model=served[-1]))
    return served[1:]


def losses_of(gatings: Sequence[Gating], name: str, sensors: Sequence[str]) -> Losses:
    """Losses after each date; sensors that were not admitted then, or not compared, have none."""
    order = pl.DataFrame({"sensor_id": sensors})
    tables = [
        order.join(gating.ahead[name], on="sensor_id", how="left", maintain_order="left")
        for gating in gatings
    ]
    model, baseline = (
        np.stack([mean_loss(_weeks(table, loss), _weeks(table, "hours")) for table in tables])
        for loss in ("loss", "baseline_loss")
    )
    return Losses(model, baseline)


def _weeks(table: pl.DataFrame, name: str) -> np.ndarray:
    empty = [float("nan")] * AHEAD
    rows = [row if row is not None else empty for row in table[name].to_list()]
    return np.nan_to_num(np.array(rows), nan=0.0 if name == "hours" else np.nan)


def _judge(
    fleet: Fleet, candidates: pl.DataFrame, mode: str, on_model: frozenset[str]
) -> pl.DataFrame:
    weeks, gate = fleet.settings["backtest"].weeks, fleet.settings["evaluation"].gate
    asked = gate.model_copy(update={"mode": gate.mode.model_validate(mode)})
    trained = candidates.filter(pl.col("outcome") == "trained")["sensor_id"].sort()
    nobody = ChampionEvidence.none(len(trained), weeks)
    serves = trained.is_in(list(on_model)).to_numpy()
    # The recipe fitted anew each week stands for the model that serves.
    champion = replace(nobody, serves_model=serves, same_recipe=serves, same_model=serves)
    return judge_candidates(candidates, fleet.sensors, weeks=weeks, gate=asked, champion=champion)
