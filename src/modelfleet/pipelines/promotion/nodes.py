"""Nodes of the promotion stage."""

from typing import Any

import pandas as pd

from modelfleet.domain.parameters.base import Parameters
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.costs import CostParameters
from modelfleet.domain.parameters.evaluation import EvaluationParameters
from modelfleet.domain.parameters.fleet import BacktestParameters, FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.parameters.overrides import OverrideParameters
from modelfleet.domain.parameters.promotion import PromotionParameters
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.announcing import Log, announce_run
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.champions import Champions
from modelfleet.fleet.holding import hold_codes, told_holds
from modelfleet.fleet.ledger import build_ledger
from modelfleet.fleet.lineage import Sources, excluding_events
from modelfleet.fleet.lineage.attaching import with_lineage
from modelfleet.fleet.notices import Notice
from modelfleet.fleet.overruling import standing_champions
from modelfleet.fleet.promotion import (
    Governed,
    PromotionDecision,
    Releases,
    decide_promotion,
)
from modelfleet.fleet.release_content import ReleaseDraft, draft_release, shaping_parameters
from modelfleet.fleet.scorecard import TRACES
from modelfleet.fleet.sharded import ReadingsSource, ShardedFrame
from modelfleet.fleet.stamps import Stamp, check_stages
from modelfleet.fleet.summary import fleet_metrics, release_card, summarise_run
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.fleet.tasks.baseline import FOR_SERVING

__all__ = [
    "announce",
    "assemble_release",
    "check_consistency",
    "decide_release",
    "register_release",
    "summarise",
    "trace_release",
    "write_ledger",
]


def check_consistency(
    ingestion_stamp: Stamp,
    evaluation_stamp: Stamp,
    fleet: FleetParameters,
    backtest: BacktestParameters,
    validation: ValidationParameters,
    baseline: BaselineParameters,
    training: TrainingParameters,
    evaluation: EvaluationParameters,
    overrides: OverrideParameters,
    intervals: IntervalParameters,
    rules: RuleParameters,
    costs: CostParameters,
) -> Stamp:
    """Refuse to release what other readings, parameters or code made."""
    by_stage: dict[str, tuple[Parameters, ...]] = {
        "validation": (validation,),
        "baseline": (fleet, backtest, baseline, intervals),
        "training": (training, rules),
        "evaluation": (evaluation, overrides, costs),
    }
    return check_stages(ingestion_stamp, evaluation_stamp, by_stage)


def write_ledger(
    _consistency: Stamp,
    sensors: pd.DataFrame,
    admissions: pd.DataFrame,
    baselines: ShardedFrame,
    candidates: ShardedFrame,
    verdicts: pd.DataFrame,
    champions: Champions,
    overrides: OverrideParameters,
) -> pd.DataFrame:
    """One row per known sensor, what happened and what serves; only if all belongs together."""
    ledger = build_ledger(
        from_pandas(sensors),
        from_pandas(admissions, lists=("reasons",)),
        baselines.collect(without=FOR_SERVING),
        candidates.collect(without=TRACES),
        from_pandas(verdicts, lists=("reasons",)),
        champions=standing_champions(champions, overrides),
    )
    return to_pandas(ledger)


def assemble_release(
    sensors: pd.DataFrame,
    ledger: pd.DataFrame,
    candidates: ShardedFrame,
    baselines: ShardedFrame,
    scorecard: pd.DataFrame,
    verdicts: pd.DataFrame,
    champions: Champions,
    evaluation_stamp: Stamp,
    readings: ReadingsSource,
    report: str,
    quality_report: str,
    run_info: dict[str, str],
    hold_reasons: list[dict[str, Any]],
    fleet: FleetParameters,
    backtest: BacktestParameters,
    validation: ValidationParameters,
    baseline: BaselineParameters,
    training: TrainingParameters,
    evaluation: EvaluationParameters,
    overrides: OverrideParameters,
    intervals: IntervalParameters,
    rules: RuleParameters,
    costs: CostParameters,
) -> tuple[ReleaseDraft, dict[str, Any]]:
    """The release, and a card that says what is in it."""
    learned = (fleet, backtest, validation, baseline, training)
    draft = draft_release(
        sensors=from_pandas(sensors),
        ledger=from_pandas(ledger, lists=("reasons",)),
        candidates=candidates.collect(without=TRACES),
        baselines=baselines.collect(),
        scorecard=from_pandas(scorecard),
        verdicts=from_pandas(verdicts, lists=("reasons",)),
        parameters=shaping_parameters(*learned, evaluation, overrides, intervals, rules, costs),
        readings=readings,
        run={
            **run_info,
            "readings": readings.identity(),
            "evaluation_stamp": evaluation_stamp["made_of"],
            "fleet": fleet.name,
            **told_holds(hold_reasons),
        },
        champions=champions.models,
        files={
            "report.html": report.encode(),
            "quality.html": quality_report.encode(),
            "ledger.csv": ledger.to_csv(index=False).encode(),
        },
    )
    return draft, release_card(draft, run_info)


def trace_release(
    release_draft: ReleaseDraft,
    sensors: pd.DataFrame,
    events: pd.DataFrame,
    covariates: pd.DataFrame,
    baseline_sources: Sources,
    training_sources: Sources,
    champions: Champions,
    run_info: dict[str, str],
    backtest: BacktestParameters,
    ingestion: IngestionParameters,
) -> tuple[ReleaseDraft, dict[str, Any]]:
    """The release with the lineage of all that it holds, and what the run was made of."""
    fleet, axis = from_pandas(sensors), Axis(**baseline_sources["axis"])
    kinds, scope = backtest.exclude_events, ingestion.events.scope
    return with_lineage(
        release_draft,
        shards=fleet,
        training=training_sources,
        backups=baseline_sources,
        before=champions.lineage,
        run=run_info,
        events=excluding_events(from_pandas(events), fleet, axis, kinds=kinds, scope=scope),
        covariates=from_pandas(covariates),
    )


def decide_release(
    release: Releases,
    release_card: dict[str, Any],
    sensors: pd.DataFrame,
    hold_reasons: list[dict[str, Any]],
    approvals: Governed,
    promotion: PromotionParameters,
) -> tuple[PromotionDecision, dict[str, Any]]:
    """Where the release goes by the policy of each cohort."""
    decision = decide_promotion(
        release_card,
        set(sensors["cohort"]),
        promotion,
        release,
        approvals,
        holds=hold_codes(hold_reasons),
    )
    return decision, decision.as_dict()


def announce(
    channel: Log,
    promotion_decision: dict[str, Any],
    release_card: dict[str, Any],
    hold_reasons: list[dict[str, Any]],
    run_info: dict[str, str],
) -> list[Notice]:
    """What people are told about this run."""
    return announce_run(
        channel,
        decision=promotion_decision,
        card=release_card,
        holds=hold_reasons,
        environment=run_info["environment"],
    )


def register_release(
    release_card: dict[str, Any], promotion_decision: dict[str, Any]
) -> dict[str, str]:
    """What MLflow is to show of the release, after it was decided whether it goes live."""
    return {"rid": release_card["rid"], "state": promotion_decision["state"]}


def summarise(
    ledger: pd.DataFrame,
    scorecard: pd.DataFrame,
    release_card: dict[str, Any],
    promotion_decision: dict[str, Any],
    run_info: dict[str, str],
    run_lineage: dict[str, Any],
    fleet: FleetParameters,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The run in a few figures, for people and for MLflow."""
    summary = summarise_run(
        fleet=fleet.name,
        ledger=from_pandas(ledger),
        scorecard=from_pandas(scorecard),
        card=release_card,
        decision=promotion_decision,
        run=run_info,
        exclusions=run_lineage["exclusions"],
    )
    return summary, fleet_metrics(summary)
