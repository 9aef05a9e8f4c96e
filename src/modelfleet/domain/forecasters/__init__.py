"""Forecasters that learn: linear ones on the fast path, any other estimator on the generic one."""

from modelfleet.domain.forecasters.base import FittedModel, Forecaster
from modelfleet.domain.forecasters.estimator import EstimatorForecaster, EstimatorModel
from modelfleet.domain.forecasters.linear import LinearForecaster, LinearModel
from modelfleet.domain.forecasters.registry import (
    FAST_PATH,
    check_estimator,
    find_estimator,
    has_fast_path,
    make_forecaster,
)

__all__ = [
    "FAST_PATH",
    "EstimatorForecaster",
    "EstimatorModel",
    "FittedModel",
    "Forecaster",
    "LinearForecaster",
    "LinearModel",
    "check_estimator",
    "find_estimator",
    "has_fast_path",
    "make_forecaster",
]
