"""From raw files to the tables of a fleet."""

from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.covariates import covariate_arrays, read_covariates
from modelfleet.fleet.ingest.events import read_events, sensor_periods
from modelfleet.fleet.ingest.readings import Ingested, ingest_readings
from modelfleet.fleet.ingest.sensors import UNREGISTERED, complete_fleet, register_sensors

__all__ = [
    "UNREGISTERED",
    "Account",
    "Ingested",
    "complete_fleet",
    "covariate_arrays",
    "ingest_readings",
    "read_covariates",
    "read_events",
    "register_sensors",
    "sensor_periods",
]
