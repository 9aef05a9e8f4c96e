"""From raw files to the tables of a fleet."""

from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.batch import ingest_batch
from modelfleet.fleet.ingest.batches import Batch, RawSource
from modelfleet.fleet.ingest.covariates import covariate_arrays, read_covariates
from modelfleet.fleet.ingest.events import learned_periods, read_events, sensor_periods
from modelfleet.fleet.ingest.ingestion import as_source, ingest_source
from modelfleet.fleet.ingest.judgement import Rules
from modelfleet.fleet.ingest.notes import note_sensors
from modelfleet.fleet.ingest.readings import Ingested
from modelfleet.fleet.ingest.sensors import UNREGISTERED, complete_fleet, register_sensors
from modelfleet.fleet.ingest.store import BatchWriter, IngestionStore

__all__ = [
    "UNREGISTERED",
    "Account",
    "Batch",
    "BatchWriter",
    "Ingested",
    "IngestionStore",
    "RawSource",
    "Rules",
    "as_source",
    "complete_fleet",
    "covariate_arrays",
    "ingest_batch",
    "ingest_source",
    "learned_periods",
    "note_sensors",
    "read_covariates",
    "read_events",
    "register_sensors",
    "sensor_periods",
]
