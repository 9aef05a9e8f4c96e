"""Forecasters without machine learning: the backup of every sensor."""

from modelfleet.domain.baselines.base import Baseline, SensorFacts
from modelfleet.domain.baselines.business_rule import BusinessRule
from modelfleet.domain.baselines.hour_of_week_median import HourOfWeekMedian
from modelfleet.domain.baselines.registry import BASELINES, make_baseline
from modelfleet.domain.baselines.weekly_naive import WeeklyNaive

__all__ = [
    "BASELINES",
    "Baseline",
    "BusinessRule",
    "HourOfWeekMedian",
    "SensorFacts",
    "WeeklyNaive",
    "make_baseline",
]
