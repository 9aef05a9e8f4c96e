"""For when forecasts are made, and how many of them may be backups."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from pydantic import Field, field_validator

from modelfleet.domain.origins import OriginRange
from modelfleet.domain.parameters.base import Number, Parameters
from modelfleet.domain.parameters.fleet import minutes_of

__all__ = ["InferenceParameters"]


class InferenceParameters(Parameters):
    """Origins of forecasts, and limits that a run tells after it has written.

    Attributes:
        origins: times, days or ranges; none is the next origin of the fleet.
        step: between two origins of a range.
        max_backup_share: share of the forecast steps that no model may have made.
        max_fallback_share: share of the steps of sensors on a model that no model may have made.
    """

    origins: tuple[str, ...] = ()
    step: str
    max_backup_share: Number = Field(ge=0, le=1)
    max_fallback_share: Number = Field(ge=0, le=1)

    @field_validator("origins", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """One is a list of one; YAML may have read a time as such already."""
        if value is None:
            return ()
        if isinstance(value, str | date) or not isinstance(value, Iterable):
            value = (value,)
        return tuple(each.isoformat() if isinstance(each, date) else each for each in value)

    @field_validator("origins")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            OriginRange.parse(text)
        return value

    @field_validator("step")
    @classmethod
    def _positive(cls, value: str) -> str:
        if not minutes_of(value):
            raise ValueError("is no step such as 6h or 1d")
        return value

    @property
    def apart(self) -> timedelta:
        """The step."""
        return timedelta(minutes=minutes_of(self.step))
