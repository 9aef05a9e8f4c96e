"""Forecasts of a whole fleet, day by day: who is asked, what comes back, how it is counted."""

from modelfleet.fleet.inference.schema import PREDICTION_SCHEMA

__all__ = ["PREDICTION_SCHEMA"]
