"""Nodes of the evaluation stage."""

import functools
from collections.abc import Callable
from typing import Any

import pandas as pd

from modelfleet.domain.parameters.costs import CostParameters
from modelfleet.domain.parameters.evaluation import EvaluationParameters
from modelfleet.domain.parameters.fleet import BacktestParameters, FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.parameters.overrides import OverrideParameters
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.fleet.aside import MATPLOTLIB, begin_aside
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.champions import Champions
from modelfleet.fleet.exclusions import exclusion_effects as find_effects
from modelfleet.fleet.exclusions import judged_exclusions
from modelfleet.fleet.ingest import learned_periods
from modelfleet.fleet.judgement import find_verdicts, judge_fleet
from modelfleet.fleet.overruling import check_today, standing_champions
from modelfleet.fleet.rule_breaks import count_rule_breaks
from modelfleet.fleet.scorecard import TRACES
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.fleet.stamps import Stamp, stamp_stage
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.fleet.tasks.baseline import FOR_SERVING
from modelfleet.reporting import Pictures, ReportContent, draw_pictures, render_report

__all__ = [
    "begin_pictures",
    "compare_exclusions",
    "judge_candidates",
    "judge_rules",
    "keep_pictures",
    "write_report",
]


def judge_candidates(
    sensors: pd.DataFrame,
    admissions: pd.DataFrame,
    baselines: ShardedFrame,
    candidates: ShardedFrame,
    comparisons: ShardedFrame,
    champions: Champions,
    training_stamp: Stamp,
    fleet_window: dict[str, Any],
    run_info: dict[str, str],
    backtest: BacktestParameters,
    evaluation: EvaluationParameters,
    overrides: OverrideParameters,
    intervals: IntervalParameters,
    costs: CostParameters,
) -> tuple[pd.DataFrame, pd.DataFrame, list[dict[str, Any]], Stamp]:
    """Verdicts of all candidates, all figures of every sensor, and what holds the release."""
    known = from_pandas(sensors)
    stamp = stamp_stage("evaluation", training_stamp, evaluation, overrides, costs)
    found = judge_fleet(
        sensors=known,
        admissions=from_pandas(admissions, lists=("reasons",)),
        baselines=baselines.collect(without=FOR_SERVING),
        candidates=candidates.collect(without=TRACES),
        comparisons=comparisons.collect(),
        champions=champions,
        axis=Axis(**fleet_window),
        weeks=backtest.weeks,
        evaluation=evaluation,
        intervals=intervals,
        costs=costs,
        overrides=check_today(overrides, known, started_at=run_info["started_at"]),
        stamp=stamp,
    )
    return to_pandas(found.verdicts), to_pandas(found.scorecard), found.holds, stamp


def judge_rules(
    sensors: pd.DataFrame,
    admissions: pd.DataFrame,
    baselines: ShardedFrame,
    candidates: ShardedFrame,
    verdicts: pd.DataFrame,
    rules: RuleParameters,
) -> pd.DataFrame:
    """How often each business rule would strike, cohort by cohort."""
    breaks = count_rule_breaks(
        sensors=from_pandas(sensors),
        admissions=from_pandas(admissions, lists=("reasons",)),
        candidates=candidates.scan(),
        baselines=baselines.scan(),
        verdicts=from_pandas(verdicts),
        parameters=rules,
    )
    return to_pandas(breaks)


def compare_exclusions(
    sensors: pd.DataFrame,
    events: pd.DataFrame,
    baselines: ShardedFrame,
    candidates: ShardedFrame,
    unexcluded_candidates: ShardedFrame,
    comparisons: ShardedFrame,
    champions: Champions,
    verdicts: pd.DataFrame,
    fleet_window: dict[str, Any],
    backtest: BacktestParameters,
    ingestion: IngestionParameters,
    evaluation: EvaluationParameters,
    overrides: OverrideParameters,
) -> pd.DataFrame:
    """What the verdicts would have been without the excluded events."""
    axis, known = Axis(**fleet_window), from_pandas(sensors)
    periods = learned_periods(
        from_pandas(events),
        known,
        axis,
        kinds=backtest.exclude_events,
        scope=ingestion.events.scope,
    )
    judge = functools.partial(
        find_verdicts,
        sensors=known,
        comparisons=comparisons.collect(),
        champions=champions,
        weeks=backtest.weeks,
        gate=evaluation.gate,
        overrides=overrides,
    )
    fitted = baselines.scan().select("sensor_id", "excluded_hours", "trained_from").collect()
    effects = find_effects(
        candidates.scan().drop(TRACES),
        unexcluded_candidates.collect(without=TRACES),
        from_pandas(verdicts),
        hours=judged_exclusions(fitted, periods, axis, weeks=backtest.weeks),
        judge=judge,
    )
    return to_pandas(effects)


def begin_pictures(
    measurements: ShardedFrame,
    admissions: pd.DataFrame,
    candidates: ShardedFrame,
    verdicts: pd.DataFrame,
    scorecard: pd.DataFrame,
    fleet_window: dict[str, Any],
    evaluation: EvaluationParameters,
) -> Callable[[], Pictures]:
    """Let skill, funnel, extremes and quality be drawn by another process; what waits for them."""
    axis = Axis(**fleet_window)
    return begin_aside(
        MATPLOTLIB,
        draw_pictures,
        scorecard=from_pandas(scorecard),
        profiles=measurements.collect(),
        admissions=from_pandas(admissions, lists=("reasons",)),
        candidates=candidates.collect(without=TRACES),
        traces=candidates.scan(),
        verdicts=from_pandas(verdicts, lists=("reasons",)),
        end=axis.end,
        step_minutes=axis.step_minutes,
        examples=evaluation.report.examples,
        example_days=evaluation.report.example_days,
    )


def write_report(
    sensors: pd.DataFrame,
    measurements: ShardedFrame,
    admissions: pd.DataFrame,
    baselines: ShardedFrame,
    candidates: ShardedFrame,
    verdicts: pd.DataFrame,
    scorecard: pd.DataFrame,
    hold_reasons: list[dict[str, Any]],
    champions: Champions,
    exclusion_effects: pd.DataFrame,
    events: pd.DataFrame,
    ingestion_account: dict[str, Any],
    expectation_results: list[dict[str, Any]],
    fleet_window: dict[str, Any],
    run_info: dict[str, str],
    fleet: FleetParameters,
    backtest: BacktestParameters,
    evaluation: EvaluationParameters,
    overrides: OverrideParameters,
) -> str:
    """The page for people who would rather look."""
    axis = Axis(**fleet_window)
    content = ReportContent(
        fleet=fleet.name,
        run=run_info["run_id"],
        made=run_info["started_at"],
        window=axis.period,
        end=axis.end,
        step_minutes=axis.step_minutes,
        sensors=from_pandas(sensors),
        profiles=measurements.collect(),
        admissions=from_pandas(admissions, lists=("reasons", "explanation")),
        baselines=baselines.collect(without=FOR_SERVING),
        candidates=candidates.collect(without=TRACES),
        traces=candidates.scan(),
        verdicts=from_pandas(verdicts, lists=("reasons",)),
        scorecard=from_pandas(scorecard),
        standing=standing_champions(champions, overrides),
        hold=hold_reasons,
        exclusion_effects=from_pandas(exclusion_effects),
        events=from_pandas(events),
        excluded_kinds=backtest.exclude_events,
        account=ingestion_account,
        expectations=expectation_results,
        parameters={"gate": evaluation.gate.model_dump(), "fleet": fleet.model_dump()},
        overrides=[each.model_dump() for each in overrides.sensors],
        examples=evaluation.report.examples,
        example_days=evaluation.report.example_days,
    )
    return render_report(content)


def keep_pictures(pictures: Callable[[], Pictures], _report: str) -> Pictures:
    """The pictures, as soon as all are drawn; by now the page is written."""
    return pictures()
