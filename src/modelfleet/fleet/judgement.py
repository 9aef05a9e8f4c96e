"""The whole fleet judged: verdicts, overrides, the scorecard and the hold, in one place."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.domain.parameters.costs import CostParameters
from modelfleet.domain.parameters.evaluation import EvaluationParameters, GateParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.parameters.overrides import OverrideParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.challenge import champion_evidence, versions_in_service
from modelfleet.fleet.champions import Champions
from modelfleet.fleet.costing import with_costs
from modelfleet.fleet.holding import find_holds
from modelfleet.fleet.ledger import build_ledger
from modelfleet.fleet.overruling import overrule, standing_champions
from modelfleet.fleet.scorecard import judge_candidates, make_scorecard, trained_candidates
from modelfleet.fleet.served_figures import add_served_figures
from modelfleet.fleet.stamps import Stamp

__all__ = ["Judgement", "find_verdicts", "judge_fleet"]


@dataclass(frozen=True)
class Judgement:
    """What a run says of its fleet.

    Attributes:
        verdicts: one row per trained candidate, overrides put over them.
        scorecard: all figures of every known sensor.
        holds: reasons why the whole release should wait for people.
    """

    verdicts: pl.DataFrame
    scorecard: pl.DataFrame
    holds: list[dict[str, Any]]


def find_verdicts(
    candidates: pl.DataFrame,
    *,
    sensors: pl.DataFrame,
    comparisons: pl.DataFrame,
    champions: Champions,
    weeks: int,
    gate: GateParameters,
    overrides: OverrideParameters,
) -> pl.DataFrame:
    """What the gate says of candidates and champions, and what people put over it.

    Args:
        candidates: one row per admitted sensor.
        sensors: the fleet.
        comparisons: how challenged champions did.
        champions: what is live.
        weeks: judged weeks.
        gate: margins and levels.
        overrides: what people decided.
    """
    trained = trained_candidates(candidates)
    verdicts = judge_candidates(
        candidates,
        sensors,
        weeks=weeks,
        gate=gate,
        champion=champion_evidence(trained, champions, comparisons, weeks=weeks),
        versions=versions_in_service(trained, champions),
    )
    return overrule(verdicts, overrides)


def judge_fleet(
    *,
    sensors: pl.DataFrame,
    admissions: pl.DataFrame,
    baselines: pl.DataFrame,
    candidates: pl.DataFrame,
    comparisons: pl.DataFrame,
    champions: Champions,
    axis: Axis,
    weeks: int,
    evaluation: EvaluationParameters,
    intervals: IntervalParameters,
    costs: CostParameters,
    overrides: OverrideParameters,
    stamp: Stamp,
) -> Judgement:
    """Judge every candidate, its champion, and the fleet as a whole.

    What is live already is not judged anew: where the live release was made of the very same
    readings, parameters and code, its verdicts stand. To test what was rejected again and again on
    the same data would let some of it in by and by.

    Args:
        sensors: the fleet.
        admissions: which sensors may be learned from.
        baselines: the backup of each sensor.
        candidates: one row per admitted sensor.
        comparisons: how challenged champions did.
        champions: what is live.
        axis: of the run.
        weeks: judged weeks.
        evaluation: gate and hold.
        intervals: from where to where coverage is sound.
        costs: prices.
        overrides: what people decided.
        stamp: what the verdicts are made from.
    """
    if champions.stamp == stamp["made_of"]:
        return Judgement(champions.verdicts, champions.scorecard, [])
    verdicts = find_verdicts(
        candidates,
        sensors=sensors,
        comparisons=comparisons,
        champions=champions,
        weeks=weeks,
        gate=evaluation.gate,
        overrides=overrides,
    )
    scorecard = add_served_figures(
        make_scorecard(sensors, baselines, candidates, verdicts), candidates, intervals
    )
    scorecard = with_costs(scorecard, candidates, costs)
    standing = standing_champions(champions, overrides)
    ledger = build_ledger(sensors, admissions, baselines, candidates, verdicts, champions=standing)
    holds = find_holds(
        ledger=ledger,
        candidates=candidates,
        verdicts=verdicts,
        scorecard=scorecard,
        champions=champions,
        axis=axis,
        weeks=weeks,
        gate=evaluation.gate,
        hold=evaluation.hold,
    )
    return Judgement(verdicts, scorecard, holds)
