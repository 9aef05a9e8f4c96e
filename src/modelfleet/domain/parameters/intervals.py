"""How wide a forecast interval is, and how fast it follows its coverage."""

from typing import Self

from pydantic import Field, model_validator

from modelfleet.domain.parameters.base import Integer, Number, Parameters

__all__ = ["IntervalParameters"]


class IntervalParameters(Parameters):
    """Nominal coverage, and the tracking of what is really covered."""

    coverage: Number = Field(ge=0.5, lt=1)
    window: Integer = Field(ge=2, le=12)
    tolerance: Number = Field(ge=0, le=0.1)
    lowest_target: Number = Field(gt=0, lt=1)
    highest_target: Number = Field(gt=0, lt=1)
    remember: Number = Field(gt=0, le=1)
    min_log_factor: Number = Field(ge=-3, le=0)
    max_log_factor: Number = Field(ge=0, le=3)
    sound_from: Number = Field(gt=0, lt=1)
    sound_to: Number = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _coverage_is_a_target(self) -> Self:
        if not self.lowest_target <= self.coverage <= self.highest_target:
            raise ValueError("coverage does not lie between lowest_target and highest_target")
        return self

    @model_validator(mode="after")
    def _coverage_is_sound(self) -> Self:
        if not self.sound_from <= self.coverage <= self.sound_to:
            raise ValueError("coverage does not lie between sound_from and sound_to")
        return self
