"""Nodes of the ingestion stage."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import polars as pl

from modelfleet.domain.parameters.events import EventParameters
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.axis import find_axis
from modelfleet.fleet.ingest import (
    IngestionStore,
    as_source,
    complete_fleet,
    ingest_source,
    note_sensors,
    read_covariates,
    read_events,
    register_sensors,
)
from modelfleet.fleet.sharded import ReadingsSource
from modelfleet.fleet.stamps import Stamp, stamp_tables
from modelfleet.fleet.summary import ingestion_metrics
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.reporting.quality import list_batches

__all__ = [
    "check_metadata",
    "find_window",
    "ingest_rows",
    "read_metadata",
    "stamp_ingestion",
    "track_rows",
]


def read_metadata(
    raw_sensors: pd.DataFrame,
    raw_events: pd.DataFrame,
    raw_covariates: pd.DataFrame,
    ingestion: IngestionParameters,
    events: EventParameters,
    fleet: FleetParameters,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """All small raw tables in one node, so that a fault in any stops the run before it writes."""
    sensors = register_sensors(from_pandas(raw_sensors), ingestion.sensors)
    calendar = read_events(
        from_pandas(raw_events), sensors, ingestion.events, entries=events.of(fleet.name)
    )
    covariates = read_covariates(
        from_pandas(raw_covariates),
        ingestion.covariates,
        grid=fleet.grid,
        tolerance_minutes=ingestion.tolerance_minutes,
    )
    return to_pandas(sensors), to_pandas(calendar), to_pandas(covariates)


def ingest_rows(
    raw_readings: Any,
    registered_sensors: pd.DataFrame,
    ingestion_store: IngestionStore,
    ingestion: IngestionParameters,
    fleet: FleetParameters,
) -> tuple[ReadingsSource, pl.LazyFrame, pl.LazyFrame, pd.DataFrame, dict[str, Any]]:
    """Take every new batch of raw rows; readings, rejected rows, batches, sensors, account."""
    known = from_pandas(registered_sensors)
    source, now = as_source(raw_readings), datetime.now(UTC)
    account = ingest_source(
        source, ingestion_store, known, ingestion=ingestion, fleet=fleet, now=now
    )
    sensors = complete_fleet(known, ingestion_store.sensor_ids(), shards=fleet.shards)
    return (
        ingestion_store.source(),
        ingestion_store.rejected_rows(),
        ingestion_store.batch_rows(),
        to_pandas(sensors),
        account.as_dict(),
    )


def check_metadata(sensors: pd.DataFrame, ingestion: IngestionParameters) -> pd.DataFrame:
    """What is missing or odd in the metadata."""
    return to_pandas(note_sensors(from_pandas(sensors), ingestion.sensors))


def find_window(readings: ReadingsSource, fleet: FleetParameters) -> dict[str, Any]:
    """Where the fleet's data begin and end."""
    return find_axis(readings, fleet).as_dict()


def stamp_ingestion(
    readings: ReadingsSource,
    sensors: pd.DataFrame,
    events: pd.DataFrame,
    covariates: pd.DataFrame,
) -> Stamp:
    """What the later stages are made from."""
    return stamp_tables(readings, sensors, events, covariates)


def track_rows(
    ingestion_account: dict[str, Any], ingestion_batches: pl.DataFrame
) -> tuple[dict[str, dict[str, float]], pd.DataFrame]:
    """Where the rows went, for MLflow: figures over all batches, and a line for each batch."""
    metrics = ingestion_metrics(ingestion_account, batches=ingestion_batches.height)
    return metrics, to_pandas(list_batches(ingestion_batches))
