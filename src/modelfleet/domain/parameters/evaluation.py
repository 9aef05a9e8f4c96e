"""The gate's margins and levels."""

from typing import Literal

from pydantic import Field

from modelfleet.domain.parameters.base import Integer, Number, Parameters

__all__ = ["EvaluationParameters", "GateMode", "GateParameters", "ReportParameters"]

GateMode = Literal["expected", "strict"]


class GateModes(Parameters):
    """How sure the gate must be, by cohort."""

    default: GateMode
    cohorts: dict[str, GateMode] = Field(default_factory=dict)


class GateParameters(Parameters):
    """When a candidate may serve in place of its baseline."""

    mode: GateModes
    min_weeks: Integer = Field(ge=4)
    min_hours: Integer = Field(ge=1)
    min_valid_share: Number = Field(ge=0, le=1)
    max_bias_share: Number = Field(gt=0, le=1)
    margin: Number = Field(ge=-1, le=1)
    min_probability: Number = Field(gt=0.5, lt=1)
    false_discovery_rate: Number = Field(gt=0, lt=1)
    min_sensors_for_prior: Integer = Field(ge=3)


class ReportParameters(Parameters):
    """What the report shows."""

    examples: Integer = Field(ge=0, le=48)
    example_days: Integer = Field(ge=1, le=14)


class EvaluationParameters(Parameters):
    """Gate and report."""

    gate: GateParameters
    report: ReportParameters
