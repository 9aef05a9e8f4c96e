"""What a sensor must bring before a model may learn from it."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from modelfleet.domain.parameters.base import Integer, Number, Parameters

__all__ = [
    "AdmissionOverrides",
    "AdmissionParameters",
    "Expectation",
    "LimitException",
    "ProfileParameters",
    "QualityReportParameters",
    "ValidationParameters",
]

Amount = Annotated[Number, Field(ge=0)]
Count = Annotated[Integer, Field(ge=0)]
Hours = Annotated[Number, Field(gt=0)]
Name = Annotated[str, Field(min_length=1)]
Ratio = Annotated[Number, Field(gt=1)]
Share = Annotated[Number, Field(ge=0, le=1)]


class ProfileParameters(Parameters):
    """How a sensor's profile is measured."""

    recent_weeks: Integer = Field(ge=1)
    stuck_hours: Number = Field(gt=0)
    jump_factor: Number = Field(gt=1)
    hold_days: Integer = Field(ge=2)
    swap_factor: Number = Field(gt=0)


class AdmissionParameters(Parameters):
    """Limits; a sensor beyond one of them is quarantined with that reason."""

    min_history_weeks: Amount
    max_silence_hours: Hours
    min_coverage: Share
    max_gap_hours: Hours
    max_stuck_share: Share
    max_stuck_end_hours: Hours
    max_level_jumps: Count
    max_level_ratio: Ratio
    max_shift_days: Amount
    min_swap_mismatch: Amount
    max_rows_per_step: Amount
    max_off_grid_share: Share
    max_rejected_share: Share


class AdmissionOverrides(Parameters):
    """Limits that stand in for the general ones; those that are left out do not."""

    min_history_weeks: Amount | None = None
    max_silence_hours: Hours | None = None
    min_coverage: Share | None = None
    max_gap_hours: Hours | None = None
    max_stuck_share: Share | None = None
    max_stuck_end_hours: Hours | None = None
    max_level_jumps: Count | None = None
    max_level_ratio: Ratio | None = None
    max_shift_days: Amount | None = None
    min_swap_mismatch: Amount | None = None
    max_rows_per_step: Amount | None = None
    max_off_grid_share: Share | None = None
    max_rejected_share: Share | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.given:
            raise ValueError("name at least one limit, such as max_stuck_share: 0.5")
        return self

    @property
    def given(self) -> dict[str, float]:
        """The limits that stand here."""
        return {name: float(value) for name, value in self if value is not None}


class LimitException(Parameters):
    """Other limits for some sensors, and why."""

    sensors: tuple[Name, ...] = ()
    cohorts: tuple[Name, ...] = ()
    kinds: tuple[Name, ...] = ()
    limits: AdmissionOverrides
    reason: Name

    @model_validator(mode="after")
    def _one_group(self) -> Self:
        if sum(map(bool, (self.sensors, self.cohorts, self.kinds))) != 1:
            raise ValueError("name sensors, cohorts or kinds: one of the three, and whom")
        return self


class Expectation(Parameters):
    """One Great Expectations type with its arguments, and what follows where it is not met."""

    table: Literal["schema", "fleet", "profiles"]
    type: str = Field(pattern=r"^expect_[a-z0-9_]+$")
    arguments: dict[str, Any] = Field(default_factory=dict)
    consequence: Literal["stop", "quarantine", "warn"]
    reason: str = Field(pattern=r"^[a-z][a-z0-9_]*$")


class QualityReportParameters(Parameters):
    """What the data-quality page shows; shapes no result."""

    batches: Integer = Field(ge=1, le=1000)
    examples: Integer = Field(ge=0, le=20)
    coverage_change: Number = Field(gt=0, le=1)


class ValidationParameters(Parameters):
    """Profiles, expectations, admission and the data-quality page."""

    profile: ProfileParameters
    admission: AdmissionParameters
    exceptions: tuple[LimitException, ...] = ()
    retired_column: str | None = None
    expectations: tuple[Expectation, ...] = ()
    report: QualityReportParameters
