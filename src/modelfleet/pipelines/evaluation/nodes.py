"""Nodes of the evaluation stage."""

import functools
from typing import Any

import pandas as pd

from modelfleet.domain.parameters.evaluation import EvaluationParameters
from modelfleet.domain.parameters.fleet import BacktestParameters, FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.exclusions import exclusion_effects, judged_exclusions
from modelfleet.fleet.ingest import sensor_periods
from modelfleet.fleet.scorecard import TRACES, judge_candidates, make_scorecard
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.fleet.stamps import Stamp, stamp_stage
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.reporting import (
    ReportContent,
    plot_examples,
    plot_funnel,
    plot_quality_map,
    plot_skill,
    render_report,
)

__all__ = ["compare_exclusions", "draw_figures", "judge_fleet", "write_report"]


def judge_fleet(
    sensors: pd.DataFrame,
    baselines: ShardedFrame,
    candidates: ShardedFrame,
    training_stamp: Stamp,
    backtest: BacktestParameters,
    evaluation: EvaluationParameters,
) -> tuple[pd.DataFrame, pd.DataFrame, Stamp]:
    """Verdicts of all candidates, and all figures of every sensor."""
    known, trained = from_pandas(sensors), candidates.collect(without=TRACES)
    verdicts = judge_candidates(trained, known, weeks=backtest.weeks, gate=evaluation.gate)
    scorecard = make_scorecard(known, baselines.collect(without=("pattern",)), trained, verdicts)
    stamp = stamp_stage("evaluation", training_stamp, evaluation)
    return to_pandas(verdicts), to_pandas(scorecard), stamp


def compare_exclusions(
    sensors: pd.DataFrame,
    events: pd.DataFrame,
    baselines: ShardedFrame,
    candidates: ShardedFrame,
    unexcluded_candidates: ShardedFrame,
    verdicts: pd.DataFrame,
    fleet_window: dict[str, Any],
    backtest: BacktestParameters,
    ingestion: IngestionParameters,
    evaluation: EvaluationParameters,
) -> pd.DataFrame:
    """What the verdicts would have been without the excluded events."""
    axis, known = Axis(**fleet_window), from_pandas(sensors)
    periods = sensor_periods(
        from_pandas(events),
        known,
        axis,
        kinds=backtest.exclude_events,
        scope=ingestion.events.scope,
    )
    fitted = baselines.collect(without=("pattern",))
    effects = exclusion_effects(
        candidates.collect(without=TRACES),
        unexcluded_candidates.collect(without=TRACES),
        from_pandas(verdicts),
        hours=judged_exclusions(fitted, periods, axis, weeks=backtest.weeks),
        judge=functools.partial(
            judge_candidates, sensors=known, weeks=backtest.weeks, gate=evaluation.gate
        ),
    )
    return to_pandas(effects)


def draw_figures(
    measurements: ShardedFrame,
    admissions: pd.DataFrame,
    candidates: ShardedFrame,
    verdicts: pd.DataFrame,
    scorecard: pd.DataFrame,
    fleet_window: dict[str, Any],
    evaluation: EvaluationParameters,
) -> tuple[Any, Any, Any, Any]:
    """Skill, funnel, best and worst sensors, data quality, as matplotlib's figures.

    Kedro reads the annotations of a node when it makes the pipeline, whichever stages it then runs:
    matplotlib's own types would be loaded at every start.
    """
    axis, report = Axis(**fleet_window), evaluation.report
    admitted = from_pandas(admissions, lists=("reasons", "explanation"))
    judged, trained = from_pandas(verdicts, lists=("reasons",)), candidates.collect(without=TRACES)
    return (
        plot_skill(from_pandas(scorecard)),
        plot_funnel(admitted, trained, judged),
        plot_examples(
            candidates.scan(),
            judged,
            end=axis.end,
            step_minutes=axis.step_minutes,
            count=report.examples,
            days=report.example_days,
        ),
        plot_quality_map(measurements.collect(), admitted, end=axis.end),
    )


def write_report(
    sensors: pd.DataFrame,
    measurements: ShardedFrame,
    admissions: pd.DataFrame,
    baselines: ShardedFrame,
    candidates: ShardedFrame,
    verdicts: pd.DataFrame,
    scorecard: pd.DataFrame,
    events: pd.DataFrame,
    ingestion_account: dict[str, Any],
    expectation_results: list[dict[str, Any]],
    fleet_window: dict[str, Any],
    run_info: dict[str, str],
    fleet: FleetParameters,
    evaluation: EvaluationParameters,
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
        baselines=baselines.collect(without=("pattern",)),
        candidates=candidates.collect(without=TRACES),
        traces=candidates.scan(),
        verdicts=from_pandas(verdicts, lists=("reasons",)),
        scorecard=from_pandas(scorecard),
        events=from_pandas(events),
        account=ingestion_account,
        expectations=expectation_results,
        parameters={"gate": evaluation.gate.model_dump(), "fleet": fleet.model_dump()},
        examples=evaluation.report.examples,
        example_days=evaluation.report.example_days,
    )
    return render_report(content)
