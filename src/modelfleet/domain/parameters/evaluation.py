"""The gate's margins and levels, what holds a fleet, and what the report shows."""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field, model_validator

from modelfleet.domain.parameters.base import Flag, Integer, Number, Parameters

__all__ = [
    "ByGroup",
    "EvaluationParameters",
    "ExclusionParameters",
    "GateMode",
    "GateParameters",
    "HoldParameters",
    "Limit",
    "ReplacementParameters",
    "ReportParameters",
    "SanityLimit",
    "ShockLimits",
]

GateMode = Literal["expected", "strict"]
Margin = Annotated[Number, Field(ge=-1, le=1)]
Probability = Annotated[Number, Field(gt=0.5, lt=1)]
Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[Integer, Field(ge=0)]

Setting = TypeVar("Setting")


class ByGroup(Parameters, Generic[Setting]):
    """A setting that some kinds and cohorts have otherwise; a bare value is meant for all."""

    default: Setting
    kinds: dict[str, Setting] = Field(default_factory=dict)
    cohorts: dict[str, Setting] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping | ByGroup) else {"default": value}

    def of(self, cohort: str | None, kind: str | None) -> Setting:
        """The setting of a sensor: its cohort's, else its kind's, else the default."""
        if cohort is not None and cohort in self.cohorts:
            return self.cohorts[cohort]
        return self.default if kind is None else self.kinds.get(kind, self.default)


class ReplacementParameters(Parameters):
    """When a candidate may take the place of a model that serves."""

    min_weeks: Integer = Field(ge=4)
    max_weeks: Integer = Field(ge=4)
    tolerance: Number = Field(ge=0, le=1)
    confidence: Number = Field(gt=0.5, lt=1)
    bad_week: Number = Field(gt=0)
    max_bad_share: Share

    @model_validator(mode="after")
    def _ordered(self) -> "ReplacementParameters":
        if self.max_weeks < self.min_weeks:
            raise ValueError(f"max_weeks {self.max_weeks} is below min_weeks {self.min_weeks}")
        return self


class GateParameters(Parameters):
    """When a candidate may serve in place of its baseline, or of the model that serves."""

    mode: ByGroup[GateMode]
    min_weeks: Integer = Field(ge=4)
    min_hours: Integer = Field(ge=1)
    min_valid_share: Share
    max_bias_share: Number = Field(gt=0, le=1)
    margin: ByGroup[Margin]
    min_probability: ByGroup[Probability]
    false_discovery_rate: Number = Field(gt=0, lt=1)
    min_sensors_for_prior: Integer = Field(ge=3)
    replace: ReplacementParameters


class Limit(Parameters):
    """More than this is too many: the larger of a count and a share."""

    count: Count
    share: Share

    def of(self, total: float) -> float:
        """The limit for so many sensors."""
        return max(float(self.count), self.share * total)


class SanityLimit(Limit):
    """More insane candidates than this are too many: beyond the share, the count and the growth."""

    growth: Number = Field(ge=1)
    first_share: Share


class ShockLimits(Parameters):
    """How far the median sensor may leave its usual range, in weekly standard deviations."""

    once: Number = Field(gt=0)
    twice: Number = Field(gt=0)
    first: Number = Field(gt=0)
    min_reference_weeks: Integer = Field(ge=4)


class HoldParameters(Parameters):
    """When the whole fleet waits for people."""

    demotions: Limit
    flips: Limit
    cohort_flips: Limit
    min_cohort: Integer = Field(ge=1)
    sanity: SanityLimit
    max_skill_fall: Share
    min_improvement: Margin
    shock: ShockLimits
    min_sensors: Integer = Field(ge=1)


class ReportParameters(Parameters):
    """What the report shows."""

    examples: Integer = Field(ge=0, le=48)
    example_days: Integer = Field(ge=1, le=14)


class ExclusionParameters(Parameters):
    """What is told of events that are left out of learning and scoring."""

    compare: Flag = True


class EvaluationParameters(Parameters):
    """Gate, hold, exclusions and report."""

    gate: GateParameters
    hold: HoldParameters
    exclusions: ExclusionParameters = Field(default_factory=ExclusionParameters)
    report: ReportParameters
