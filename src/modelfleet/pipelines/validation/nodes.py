"""Nodes of the validation stage."""

from typing import Any

import pandas as pd
import polars as pl

from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.admissions import decide_admissions
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

__all__ = ["admit_sensors", "check_fleet", "complete_profiles", "measure_sensors"]


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
    return check_expectations(tables, validation.expectations)


def admit_sensors(
    profiles: pd.DataFrame,
    expectation_results: list[dict[str, Any]],
    ingestion_stamp: Stamp,
    validation: ValidationParameters,
) -> tuple[pd.DataFrame, Stamp]:
    """Admit or quarantine each sensor, with reasons."""
    stop_if_unmet(expectation_results)
    unmet = unmet_by_sensor(expectation_results)
    admissions = decide_admissions(from_pandas(profiles), unmet, validation)
    return to_pandas(admissions), stamp_stage("validation", ingestion_stamp, validation)
