"""Nodes of the training stage."""

from typing import Any

import pandas as pd

from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.evaluation import EvaluationParameters
from modelfleet.domain.parameters.fleet import (
    BacktestParameters,
    EngineParameters,
    FleetParameters,
)
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.challenge import challenge
from modelfleet.fleet.champions import Champions
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.exclusions import without_exclusions
from modelfleet.fleet.ingest import covariate_arrays, learned_periods
from modelfleet.fleet.lineage import Sources, learned_from
from modelfleet.fleet.roster import assign, make_roster
from modelfleet.fleet.sensor_rules import rules_by_sensor
from modelfleet.fleet.sharded import ReadingsSource, ShardedFrame, Workspace
from modelfleet.fleet.spot_check import spot_check
from modelfleet.fleet.stamps import Stamp, stamp_stage
from modelfleet.fleet.tables import from_pandas
from modelfleet.fleet.tasks import TrainingTask

__all__ = ["compare_champions", "plan_training", "train_candidates", "train_unexcluded"]


def plan_training(
    sensors: pd.DataFrame,
    admissions: pd.DataFrame,
    events: pd.DataFrame,
    covariates: pd.DataFrame,
    baselines: ShardedFrame,
    fleet_window: dict[str, Any],
    fleet: FleetParameters,
    backtest: BacktestParameters,
    baseline: BaselineParameters,
    training: TrainingParameters,
    intervals: IntervalParameters,
    rules: RuleParameters,
    ingestion: IngestionParameters,
) -> TrainingTask:
    """What is to be trained: every admitted sensor, by its recipe, without excluded periods."""
    axis, known = Axis(**fleet_window), from_pandas(sensors)
    admitted = known.join(from_pandas(admissions).filter("admitted"), on="sensor_id", how="semi")
    periods = learned_periods(
        from_pandas(events),
        known,
        axis,
        kinds=backtest.exclude_events,
        scope=ingestion.events.scope,
    )
    bounds, recipes = rules_by_sensor(known, rules), assign(admitted, training.assign)
    return TrainingTask(
        make_roster(admitted, recipes, periods, rules=bounds),
        baselines=dict(baselines.scan().select("sensor_id", "baseline").collect().iter_rows()),
        baseline_weeks=baseline.weeks,
        axis=axis,
        horizon=fleet.horizon,
        parameters=training,
        backtest=backtest,
        intervals=intervals,
        covariates=covariate_arrays(from_pandas(covariates), axis),
    )


def train_candidates(
    training_task: TrainingTask,
    readings: ReadingsSource,
    workspace: Workspace,
    baseline_stamp: Stamp,
    training: TrainingParameters,
    rules: RuleParameters,
    engine: EngineParameters,
) -> tuple[ShardedFrame, ShardedFrame, Sources, Stamp]:
    """Backtest and fit the recipe of every admitted sensor; compare some with scikit-learn."""
    sources = learned_from(training_task.roster, training_task.axis, readings)
    candidates = map_shards(training_task, source=readings, workspace=workspace, engine=engine)
    checks = spot_check(
        training_task, candidates, source=readings, workspace=workspace, engine=engine
    )
    stamp = stamp_stage("training", baseline_stamp, training, rules)
    return candidates, checks, sources, stamp


def compare_champions(
    training_task: TrainingTask,
    readings: ReadingsSource,
    workspace: Workspace,
    candidates: ShardedFrame,
    champions: Champions,
    engine: EngineParameters,
) -> ShardedFrame:
    """Let champions forecast the weeks on which their challengers were judged."""
    task = challenge(training_task, candidates, champions)
    return map_shards(task, source=readings, workspace=workspace, engine=engine)


def train_unexcluded(
    training_task: TrainingTask,
    readings: ReadingsSource,
    workspace: Workspace,
    sensors: pd.DataFrame,
    baselines: ShardedFrame,
    baseline: BaselineParameters,
    evaluation: EvaluationParameters,
    engine: EngineParameters,
) -> ShardedFrame:
    """Those with excluded events once more, with nothing excluded: people see the effect."""
    task = without_exclusions(
        training_task,
        from_pandas(sensors),
        baselines.scan().select("sensor_id", "excluded_hours").collect(),
        baseline=baseline,
        compare=evaluation.exclusions.compare,
    )
    return map_shards(task, source=readings, workspace=workspace, engine=engine)
