"""Nodes of the ingestion stage."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import polars as pl

from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.axis import find_axis
from modelfleet.fleet.ingest import (
    IngestionStore,
    as_source,
    complete_fleet,
    ingest_source,
    read_covariates,
    read_events,
    register_sensors,
)
from modelfleet.fleet.sharded import ReadingsSource
from modelfleet.fleet.stamps import Stamp, stamp_tables
from modelfleet.fleet.tables import from_pandas, to_pandas

__all__ = ["align_covariates", "find_window", "ingest_rows", "list_events", "stamp_ingestion"]


def ingest_rows(
    raw_readings: Any,
    raw_sensors: pd.DataFrame,
    ingestion_store: IngestionStore,
    ingestion: IngestionParameters,
    fleet: FleetParameters,
) -> tuple[ReadingsSource, pl.LazyFrame, pl.LazyFrame, pd.DataFrame, dict[str, Any]]:
    """Take every new batch of raw rows; readings, rejected rows, batches, sensors, account."""
    known = register_sensors(from_pandas(raw_sensors), ingestion.sensors)
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


def list_events(
    raw_events: pd.DataFrame, sensors: pd.DataFrame, ingestion: IngestionParameters
) -> pd.DataFrame:
    """The calendar of known periods."""
    events = read_events(from_pandas(raw_events), from_pandas(sensors), ingestion.events)
    return to_pandas(events)


def align_covariates(raw_covariates: pd.DataFrame, ingestion: IngestionParameters) -> pd.DataFrame:
    """Companions of the fleet in UTC."""
    return to_pandas(read_covariates(from_pandas(raw_covariates), ingestion.covariates))


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
