"""Nodes of the validation stage."""

from typing import Any

import pandas as pd
import polars as pl

from modelfleet.domain.parameters.fleet import EngineParameters, FleetParameters
from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.admissions import decide_admissions
from modelfleet.fleet.aside import GREAT_EXPECTATIONS, run_aside
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.descriptions import describe_profiles
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.roster import ids_by_shard
from modelfleet.fleet.sharded import ReadingsSource, ShardedFrame, Workspace
from modelfleet.fleet.stamps import Stamp, stamp_stage
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.fleet.tasks import ProfileTask
from modelfleet.pipelines.validation.expectations import (
    check_expectations,
    stop_if_unmet,
    unmet_by_sensor,
)
from modelfleet.pipelines.validation.tables import fleet_table, schema_table
from modelfleet.reporting.quality import (
    QualityContent,
    QualityHistory,
    QualityState,
    render_quality_report,
    take_state,
)

__all__ = [
    "admit_sensors",
    "check_fleet",
    "complete_profiles",
    "measure_sensors",
    "remember_quality",
    "stamp_validation",
    "write_quality_report",
]

LISTS = ("reasons", "explanation")
"""Columns of the admissions that hold one entry per reason."""


def measure_sensors(
    readings: ReadingsSource,
    workspace: Workspace,
    sensors: pd.DataFrame,
    fleet_window: dict[str, Any],
    validation: ValidationParameters,
    engine: EngineParameters,
) -> ShardedFrame:
    """Measure every sensor in one pass over the readings."""
    ids = ids_by_shard(from_pandas(sensors))
    task = ProfileTask(ids, Axis(**fleet_window), validation.profile)
    return map_shards(task, source=readings, workspace=workspace, engine=engine)


def complete_profiles(
    measurements: ShardedFrame,
    sensors: pd.DataFrame,
    rejected_readings: pl.DataFrame,
    fleet_window: dict[str, Any],
    validation: ValidationParameters,
) -> pd.DataFrame:
    """One flat profile row per known sensor."""
    profiles = describe_profiles(
        from_pandas(sensors),
        measurements.scan().drop("weekly_coverage").collect(),
        rejected_readings,
        axis=Axis(**fleet_window),
        validation=validation,
    )
    return to_pandas(profiles)


def check_fleet(
    readings: ReadingsSource,
    profiles: pd.DataFrame,
    ingestion_account: dict[str, Any],
    validation: ValidationParameters,
) -> list[dict[str, Any]]:
    """One Great Expectations run over schema, fleet and profiles."""
    tables = {
        "schema": schema_table(readings),
        "fleet": fleet_table(profiles, ingestion_account),
        "profiles": profiles,
    }
    return run_aside(GREAT_EXPECTATIONS, check_expectations, tables, validation.expectations)


def admit_sensors(
    profiles: pd.DataFrame,
    expectation_results: list[dict[str, Any]],
    validation: ValidationParameters,
) -> pd.DataFrame:
    """Admit or quarantine each sensor, with reasons."""
    unmet = unmet_by_sensor(expectation_results)
    return to_pandas(decide_admissions(from_pandas(profiles), unmet, validation))


def remember_quality(
    readings: ReadingsSource,
    profiles: pd.DataFrame,
    admissions: pd.DataFrame,
    ingestion_account: dict[str, Any],
    ingestion_batches: pl.DataFrame,
    ingestion_stamp: Stamp,
    fleet_window: dict[str, Any],
    run_info: dict[str, str],
    validation: ValidationParameters,
) -> QualityState:
    """The state of the data, for the next run to compare with."""
    return take_state(
        readings,
        from_pandas(profiles),
        from_pandas(admissions, lists=LISTS),
        account=ingestion_account,
        batches=ingestion_batches.height,
        axis=Axis(**fleet_window),
        stamp=stamp_stage("validation", ingestion_stamp, validation),
        validation=validation,
        run=run_info,
    )


def write_quality_report(
    quality_history: QualityHistory,
    sensors: pd.DataFrame,
    measurements: ShardedFrame,
    profiles: pd.DataFrame,
    admissions: pd.DataFrame,
    rejected_readings: pl.DataFrame,
    ingestion_batches: pl.DataFrame,
    sensor_notes: pd.DataFrame,
    ingestion_account: dict[str, Any],
    expectation_results: list[dict[str, Any]],
    fleet_window: dict[str, Any],
    run_info: dict[str, str],
    fleet: FleetParameters,
    validation: ValidationParameters,
) -> tuple[str, dict[str, Any]]:
    """The page on the data, and what changed since the state before."""
    content = QualityContent(
        fleet=fleet.name,
        run=run_info,
        axis=Axis(**fleet_window),
        sensors=from_pandas(sensors),
        measurements=measurements.scan().collect(),
        profiles=from_pandas(profiles),
        admissions=from_pandas(admissions, lists=LISTS),
        rejected=rejected_readings,
        batches=ingestion_batches,
        notes=from_pandas(sensor_notes),
        account=ingestion_account,
        expectations=expectation_results,
        history=quality_history,
        validation=validation,
    )
    return render_quality_report(content)


def stamp_validation(
    _changes: dict[str, Any],
    expectation_results: list[dict[str, Any]],
    ingestion_stamp: Stamp,
    validation: ValidationParameters,
) -> Stamp:
    """Let the later stages go on, or stop: only after the page is there that shows why."""
    stop_if_unmet(expectation_results)
    return stamp_stage("validation", ingestion_stamp, validation)
