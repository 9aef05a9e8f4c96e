"""Forecasts of a whole fleet, day by day: who is asked, what comes back, how it is counted."""

from modelfleet.fleet.inference.account import account_for, check_shares
from modelfleet.fleet.inference.forecasting import Inputs, forecast_fleet
from modelfleet.fleet.inference.known import known_sensors
from modelfleet.fleet.inference.live import LiveReleases
from modelfleet.fleet.inference.plan import (
    InferencePlan,
    Kept,
    KeptPredictions,
    plan_inference,
)
from modelfleet.fleet.inference.reading import RecentReadings, read_recent
from modelfleet.fleet.inference.schema import PREDICTION_SCHEMA
from modelfleet.fleet.inference.summary import inference_metrics, inference_summary

__all__ = [
    "PREDICTION_SCHEMA",
    "InferencePlan",
    "Inputs",
    "Kept",
    "KeptPredictions",
    "LiveReleases",
    "RecentReadings",
    "account_for",
    "check_shares",
    "forecast_fleet",
    "inference_metrics",
    "inference_summary",
    "known_sensors",
    "plan_inference",
    "read_recent",
]
