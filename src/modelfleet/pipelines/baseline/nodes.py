"""Nodes of the baseline stage."""

from typing import Any

import pandas as pd

from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.fleet import (
    BacktestParameters,
    EngineParameters,
    FleetParameters,
)
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.ingest import learned_periods
from modelfleet.fleet.lineage import Sources, learned_from
from modelfleet.fleet.roster import assign, make_roster
from modelfleet.fleet.sharded import ReadingsSource, ShardedFrame, Workspace
from modelfleet.fleet.stamps import Stamp, stamp_stage
from modelfleet.fleet.tables import from_pandas
from modelfleet.fleet.tasks import BaselineTask

__all__ = ["fit_baselines"]


def fit_baselines(
    readings: ReadingsSource,
    workspace: Workspace,
    sensors: pd.DataFrame,
    admissions: pd.DataFrame,
    events: pd.DataFrame,
    fleet_window: dict[str, Any],
    validation_stamp: Stamp,
    fleet: FleetParameters,
    backtest: BacktestParameters,
    baseline: BaselineParameters,
    intervals: IntervalParameters,
    ingestion: IngestionParameters,
    engine: EngineParameters,
) -> tuple[ShardedFrame, Sources, Stamp]:
    """Fit, backtest and choose the baseline of every sensor, the quarantined ones included."""
    axis, validated = Axis(**fleet_window), from_pandas(admissions)
    known = from_pandas(sensors).join(validated, on="sensor_id", how="semi")
    periods = learned_periods(
        from_pandas(events),
        known,
        axis,
        kinds=backtest.exclude_events,
        scope=ingestion.events.scope,
    )
    roster = make_roster(known, assign(known, baseline.assign), periods)
    shape = (fleet.horizon, baseline, backtest, intervals, fleet.history_weeks)
    task = BaselineTask(roster, axis, *shape)
    baselines = map_shards(task, source=readings, workspace=workspace, engine=engine)
    stamp = stamp_stage("baseline", validation_stamp, fleet, backtest, baseline, intervals)
    return baselines, learned_from(roster, axis, readings), stamp
