"""What a sensor must bring before a model may learn from it."""

from typing import Any, Literal

from pydantic import Field

from modelfleet.domain.parameters.base import Integer, Number, Parameters

__all__ = ["AdmissionParameters", "Expectation", "ProfileParameters", "ValidationParameters"]


class ProfileParameters(Parameters):
    """How a sensor's profile is measured."""

    recent_weeks: Integer = Field(ge=1)
    stuck_hours: Number = Field(gt=0)
    jump_factor: Number = Field(gt=1)


class AdmissionParameters(Parameters):
    """Limits; a sensor beyond one of them is quarantined with that reason."""

    min_history_weeks: Number = Field(ge=0)
    max_silence_hours: Number = Field(gt=0)
    min_coverage: Number = Field(ge=0, le=1)
    max_gap_hours: Number = Field(gt=0)
    max_stuck_share: Number = Field(ge=0, le=1)
    max_stuck_end_hours: Number = Field(gt=0)
    max_level_jumps: Integer = Field(ge=0)
    max_rejected_share: Number = Field(ge=0, le=1)


class Expectation(Parameters):
    """One Great Expectations type with its arguments, and what follows where it is not met."""

    table: Literal["schema", "fleet", "profiles"]
    type: str = Field(pattern=r"^expect_[a-z0-9_]+$")
    arguments: dict[str, Any] = Field(default_factory=dict)
    consequence: Literal["stop", "quarantine", "warn"]
    reason: str = Field(pattern=r"^[a-z][a-z0-9_]*$")


class ValidationParameters(Parameters):
    """Profiles, expectations and admission."""

    profile: ProfileParameters
    admission: AdmissionParameters
    expectations: tuple[Expectation, ...] = ()
