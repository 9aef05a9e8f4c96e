"""Which baseline stands in for a model, and how far it looks back."""

from typing import Self

from pydantic import Field, model_validator

from modelfleet.domain.baselines.registry import BASELINES
from modelfleet.domain.parameters.base import Integer, Parameters
from modelfleet.domain.parameters.recipes import Assignment

__all__ = ["BEST", "BaselineParameters"]

BEST = "best"


class BaselineParameters(Parameters):
    """Baselines that are fitted, and which of them a sensor gets."""

    weeks: Integer = Field(ge=1, le=52)
    candidates: tuple[str, ...] = Field(min_length=1)
    assign: Assignment

    @property
    def reach(self) -> int:
        """Whole weeks that hold all a baseline looks at, also across a change of the clocks."""
        return self.weeks + 1

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = sorted({*self.candidates, *self.assign.names} - {BEST, *BASELINES})
        if unknown:
            raise ValueError(f"{unknown} are no baselines; there are {sorted([BEST, *BASELINES])}")
        if BEST in self.candidates:
            raise ValueError(f"{BEST!r} is a choice among the candidates, not one of them")
        return self
