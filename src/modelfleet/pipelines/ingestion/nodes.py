"""Nodes of the ingestion stage."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import polars as pl

from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.axis import find_axis
from modelfleet.fleet.ingest import (
    complete_fleet,
    ingest_readings,
    read_covariates,
    read_events,
    register_sensors,
)
from modelfleet.fleet.sharded import ReadingsSource
from modelfleet.fleet.tables import from_pandas, to_pandas

__all__ = ["align_covariates", "find_window", "ingest_rows", "list_events"]


def ingest_rows(
    raw_readings: pl.LazyFrame,
    raw_sensors: pd.DataFrame,
    ingestion: IngestionParameters,
    fleet: FleetParameters,
) -> tuple[pl.DataFrame, pl.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Raw rows to readings, rejected rows, the fleet's sensors and the account."""
    known = register_sensors(from_pandas(raw_sensors), ingestion.sensors)
    done = ingest_readings(
        raw_readings, known, ingestion=ingestion, fleet=fleet, now=datetime.now(UTC)
    )
    heard = done.readings["sensor_id"].unique().to_list()
    sensors = complete_fleet(known, heard, shards=fleet.shards)
    return done.readings, done.rejected, to_pandas(sensors), done.account.as_dict()


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
