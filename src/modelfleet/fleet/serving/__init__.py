"""Forecasts by a release: the one way in which models, rules and backups are asked."""

from modelfleet.fleet.serving.backfill import backfill, backfill_needs_from, in_sample
from modelfleet.fleet.serving.forecaster import Forecaster
from modelfleet.fleet.serving.schema import FORECAST_SCHEMA

__all__ = ["FORECAST_SCHEMA", "Forecaster", "backfill", "backfill_needs_from", "in_sample"]
