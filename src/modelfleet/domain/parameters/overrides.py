"""What people decide for single sensors, with a reason and a last day."""

from collections import Counter
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from modelfleet.domain.errors import listing
from modelfleet.domain.parameters.base import Parameters

__all__ = ["Override", "OverrideParameters"]

Text = Annotated[str, Field(min_length=1)]


def _no_number(value: Any) -> Any:
    """A bare number would be taken for seconds since 1970."""
    if isinstance(value, int | float):
        raise ValueError("is no date, such as 2026-12-31")  # noqa: TRY004  told by pydantic
    return value


Day = Annotated[date, BeforeValidator(_no_number)]


class Override(Parameters):
    """One sensor: what serves it whatever the gate says, why, and until when.

    ``expires`` is the last day on which it holds.
    """

    sensor: Text
    serve: Literal["baseline", "champion"]
    reason: Text
    expires: Day


class OverrideParameters(Parameters):
    """At most one override per sensor."""

    sensors: tuple[Override, ...] = ()

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        count = Counter(override.sensor for override in self.sensors)
        twice = sorted(sensor for sensor, number in count.items() if number > 1)
        if twice:
            raise ValueError(f"{listing(twice)} stands here more than once; keep one of each")
        return self
