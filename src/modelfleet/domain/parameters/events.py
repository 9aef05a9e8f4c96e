"""The calendar in the configuration: known periods that people entered, each with a reason."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from modelfleet.domain.errors import listing
from modelfleet.domain.parameters.base import Flag, Parameters

__all__ = ["EventEntry", "EventParameters"]

EVENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")

Text = Annotated[str, Field(min_length=1)]


def _listed(value: Any) -> Any:
    """One name stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def _with_zone(value: Any) -> Any:
    """Refuse what would mean another moment on another machine."""
    if isinstance(value, int | float):
        raise ValueError("is no time, such as 2018-07-01T00:00Z")  # noqa: TRY004  told by pydantic
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError("is no time, such as 2018-07-01T00:00Z") from error
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment
    raise ValueError(
        "names no time zone; write it with its offset, such as 2018-07-01T00:00Z or "
        "2018-07-01T00:00+02:00"
    )


Names = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
Moment = Annotated[datetime, BeforeValidator(_with_zone)]


class EventEntry(Parameters):
    """One known period.

    It concerns the sensors of ``fleet`` that ``sensor``, ``cohort`` and ``where`` (values of
    metadata columns) leave over; with none of the three, the whole fleet. ``from`` is the first
    moment, ``to`` the one after the last. ``excluded`` goes before ``backtest.exclude_events``;
    where it is not said, the kind decides.
    """

    fleet: Text
    kind: Text
    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    reason: Text
    by: Text
    at: Moment | None = None
    sensor: Names = ()
    cohort: Names = ()
    where: dict[Text, Text] = Field(default_factory=dict)
    excluded: Flag | None = None

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.start >= self.end:
            raise ValueError(
                f"from is {self.start.isoformat()} and to is {self.end.isoformat()}: it ends "
                "before it begins, and to is the moment after the last"
            )
        return self

    @property
    def concern(self) -> tuple[Any, ...]:
        """Whom and when it concerns; equal for two entries that exclude the same."""
        named = (frozenset(self.sensor), frozenset(self.cohort), frozenset(self.where.items()))
        return (self.fleet, *named, self.start, self.end)


class EventParameters(Parameters):
    """Entries by their id; ``calendar: null`` in an environment is none."""

    calendar: dict[str, EventEntry] | None = None

    @property
    def entries(self) -> Mapping[str, EventEntry]:
        """All entries by their id."""
        return MappingProxyType(self.calendar or {})

    def of(self, fleet: str) -> dict[str, EventEntry]:
        """The entries of one fleet: one file may serve several."""
        return {name: entry for name, entry in self.entries.items() if entry.fleet == fleet}

    @model_validator(mode="after")
    def _are_called_something(self) -> Self:
        odd = [name for name in self.entries if not EVENT_ID.fullmatch(name)]
        if odd:
            raise ValueError(
                f"{listing(odd)} names no event: an id begins with a letter and has letters, "
                "digits, dots, - and _ only"
            )
        return self

    @model_validator(mode="after")
    def _stand_there_once(self) -> Self:
        found: dict[tuple[Any, ...], list[str]] = {}
        for name, entry in self.entries.items():
            found.setdefault(entry.concern, []).append(name)
        twice = [names for names in found.values() if len(names) > 1]
        if twice:
            raise ValueError(
                f"{'; '.join(listing(names) for names in twice)} concern the same sensors in the "
                "same period; keep one of each"
            )
        return self
