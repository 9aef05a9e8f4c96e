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
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.exclusions import without_exclusions
from modelfleet.fleet.ingest import covariate_arrays, sensor_periods
from modelfleet.fleet.roster import assign, make_roster
from modelfleet.fleet.sharded import ReadingsSource, ShardedFrame, Workspace
from modelfleet.fleet.spot_check import spot_check
from modelfleet.fleet.stamps import Stamp, stamp_stage
from modelfleet.fleet.tables import from_pandas
from modelfleet.fleet.tasks import TrainingTask

__all__ = ["train_candidates"]


def train_candidates(
    readings: ReadingsSource,
    workspace: Workspace,
    sensors: pd.DataFrame,
    admissions: pd.DataFrame,
    events: pd.DataFrame,
    covariates: pd.DataFrame,
    baselines: ShardedFrame,
    fleet_window: dict[str, Any],
    baseline_stamp: Stamp,
    fleet: FleetParameters,
    backtest: BacktestParameters,
    baseline: BaselineParameters,
    training: TrainingParameters,
    ingestion: IngestionParameters,
    evaluation: EvaluationParameters,
    engine: EngineParameters,
) -> tuple[ShardedFrame, ShardedFrame, ShardedFrame, Stamp]:
    """Backtest and fit the recipe of every admitted sensor; compare some with scikit-learn.

    Those with excluded events are computed again without exclusion, so that people see its effect.
    """
    axis, known = Axis(**fleet_window), from_pandas(sensors)
    admitted = known.join(from_pandas(admissions).filter("admitted"), on="sensor_id", how="semi")
    periods = sensor_periods(
        from_pandas(events),
        known,
        axis,
        kinds=backtest.exclude_events,
        scope=ingestion.events.scope,
    )
    task = TrainingTask(
        make_roster(admitted, assign(admitted, training.assign), periods),
        baselines=dict(baselines.scan().select("sensor_id", "baseline").collect().iter_rows()),
        baseline_weeks=baseline.weeks,
        axis=axis,
        horizon=fleet.horizon,
        parameters=training,
        backtest=backtest,
        covariates=covariate_arrays(from_pandas(covariates), axis),
    )
    candidates = map_shards(task, source=readings, workspace=workspace, engine=engine)
    checks = spot_check(task, candidates, source=readings, workspace=workspace, engine=engine)
    again = without_exclusions(
        task,
        admitted,
        baselines.scan().select("sensor_id", "excluded_hours").collect(),
        baseline=baseline,
        compare=evaluation.exclusions.compare,
    )
    unexcluded = map_shards(again, source=readings, workspace=workspace, engine=engine)
    return candidates, unexcluded, checks, stamp_stage("training", baseline_stamp, training)
