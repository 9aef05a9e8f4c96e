"""Typed configuration: frozen models for everything in ``conf/``."""

from modelfleet.domain.parameters.base import Parameters
from modelfleet.domain.parameters.recipes import (
    Assignment,
    EstimatorParameters,
    FeatureParameters,
    RecipeParameters,
)

__all__ = [
    "Assignment",
    "EstimatorParameters",
    "FeatureParameters",
    "Parameters",
    "RecipeParameters",
]
