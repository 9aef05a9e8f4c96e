"""How wide a forecast interval is, and how fast it follows its coverage."""

from typing import Self

from pydantic import Field, model_validator

from modelfleet.domain.parameters.base import Number, Parameters

__all__ = ["IntervalParameters"]


class IntervalParameters(Parameters):
    """Nominal coverage, and the tracking of what is really covered."""

    coverage: Number = Field(ge=0.5, lt=1)
    rate: Number = Field(ge=0, le=10)
    min_log_factor: Number = Field(ge=-3, le=0)
    max_log_factor: Number = Field(ge=0, le=3)
    sound_from: Number = Field(gt=0, lt=1)
    sound_to: Number = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _coverage_is_sound(self) -> Self:
        if not self.sound_from <= self.coverage <= self.sound_to:
            raise ValueError("coverage does not lie between sound_from and sound_to")
        return self
