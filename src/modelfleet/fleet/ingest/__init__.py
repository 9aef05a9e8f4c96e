"""From raw files to the tables of a fleet."""

from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.batches import Batch, RawSource
from modelfleet.fleet.ingest.covariates import covariate_arrays, read_covariates
from modelfleet.fleet.ingest.events import read_events, sensor_periods
from modelfleet.fleet.ingest.ingestion import as_source, ingest_source
from modelfleet.fleet.ingest.readings import Ingested, ingest_readings
from modelfleet.fleet.ingest.sensors import UNREGISTERED, complete_fleet, register_sensors
from modelfleet.fleet.ingest.store import IngestionStore

__all__ = [
    "UNREGISTERED",
    "Account",
    "Batch",
    "Ingested",
    "IngestionStore",
    "RawSource",
    "as_source",
    "complete_fleet",
    "covariate_arrays",
    "ingest_readings",
    "ingest_source",
    "read_covariates",
    "read_events",
    "register_sensors",
    "sensor_periods",
]
