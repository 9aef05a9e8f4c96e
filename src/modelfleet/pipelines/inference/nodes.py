"""Nodes of the inference stage."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import polars as pl

from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.fleet import BacktestParameters, FleetParameters
from modelfleet.domain.parameters.inference import InferenceParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.fleet.announcing import Log
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.extract import StoredReadings
from modelfleet.fleet.inference import (
    InferencePlan,
    Inputs,
    KeptPredictions,
    LiveReleases,
    RecentReadings,
    account_for,
    check_shares,
    forecast_fleet,
    inference_metrics,
    inference_summary,
    known_sensors,
    plan_inference,
    read_recent,
)
from modelfleet.fleet.ingest import sensor_periods
from modelfleet.fleet.sharded import ReadingsSource
from modelfleet.fleet.tables import from_pandas

__all__ = ["check_backups", "count_predictions", "forecast", "plan", "read_history"]


def plan(
    _channel: Log,
    live_releases: LiveReleases,
    kept_predictions: KeptPredictions,
    readings: ReadingsSource,
    sensors: pd.DataFrame,
    fleet_window: dict[str, Any],
    inference: InferenceParameters,
) -> InferencePlan:
    """What is to be forecast and by whom; after the channel, where a run moves that as well."""
    return plan_inference(
        inference,
        axis=Axis(**fleet_window),
        live=live_releases,
        table=kept_predictions,
        known=known_sensors(from_pandas(sensors), readings.spans()),
        readings_version=int(readings.identity()["version"]),
    )


def read_history(
    inference_plan: InferencePlan, readings: StoredReadings, baseline: BaselineParameters
) -> RecentReadings:
    """The readings that forecasts look at, and no others."""
    since = inference_plan.since(timedelta(weeks=baseline.reach))
    return read_recent(readings, since=since, until=inference_plan.until)


def forecast(
    inference_plan: InferencePlan,
    recent_readings: RecentReadings,
    sensors: pd.DataFrame,
    events: pd.DataFrame,
    covariates: pd.DataFrame,
    fleet_window: dict[str, Any],
    fleet: FleetParameters,
    backtest: BacktestParameters,
    baseline: BaselineParameters,
    training: TrainingParameters,
    ingestion: IngestionParameters,
) -> Iterator[pl.DataFrame]:
    """The forecasts of every known sensor, origin after origin."""
    known = from_pandas(sensors)
    excluded = sensor_periods(
        from_pandas(events),
        known,
        Axis(**fleet_window),
        kinds=backtest.exclude_events,
        scope=ingestion.events.scope,
    )
    yield from forecast_fleet(
        inference_plan,
        Inputs(
            readings=recent_readings.rows,
            covariates=from_pandas(covariates),
            excluded=excluded,
            sensors=known,
            fleet=fleet,
            baseline=baseline,
            packages=training.allowed_packages,
        ),
    )


def count_predictions(
    predictions: pl.LazyFrame,
    inference_plan: InferencePlan,
    recent_readings: RecentReadings,
    run_info: dict[str, str],
    fleet: FleetParameters,
    inference: InferenceParameters,
) -> tuple[dict[str, Any], dict[str, list[dict[str, float]]]]:
    """What stands in the table now, for people and for MLflow; nobody may be missing."""
    summary = inference_summary(
        account_for(predictions, inference_plan),
        inference_plan,
        recent_readings,
        fleet=fleet.name,
        parameters=inference,
        run=run_info,
    )
    return summary, inference_metrics(summary)


def check_backups(inference_summary: dict[str, Any], inference: InferenceParameters) -> None:
    """End the run with an error where too many forecasts are backups; all is written by now."""
    check_shares(
        inference_summary["origins"],
        max_backup=inference.max_backup_share,
        max_fallback=inference.max_fallback_share,
    )
