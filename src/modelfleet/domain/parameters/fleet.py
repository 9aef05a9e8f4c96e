"""What holds for the whole fleet, and how the engine runs it."""

import importlib.util
import re
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from modelfleet.domain.grid import MINUTES_PER_DAY, Grid
from modelfleet.domain.parameters.base import Integer, Number, Parameters

__all__ = [
    "HISTORY_WEEKS",
    "BacktestParameters",
    "EngineParameters",
    "FleetParameters",
    "check_time_zone",
    "minutes_of",
]

HISTORY_WEEKS = 5
"""Weeks of readings that a forecast is made from, where nothing else is said."""

CLUSTERS = {"dask": "distributed", "ray": "ray"}
"""Backends that can be on other machines, and the package that each needs."""

UNITS = {"min": 1, "h": 60, "d": MINUTES_PER_DAY}


def minutes_of(text: str) -> int:
    """Minutes of a span such as ``15min``, ``1h`` or ``1d``; 0 for any other text."""
    match = re.fullmatch(r"(\d+)(min|h|d)", text)
    return int(match[1]) * UNITS[match[2]] if match else 0


def check_time_zone(name: str) -> str:
    """Refuse a time zone that the IANA database does not know."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is no IANA time zone, such as Europe/Rome or UTC") from error
    return name


class FleetParameters(Parameters):
    """The grid, the clock and the horizon."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    frequency: str
    time_zone: str
    horizon: Integer = Field(ge=1)
    shards: Integer = Field(ge=1, le=4096)
    quorum: Number = Field(gt=0, le=1)
    history_weeks: Integer = Field(default=HISTORY_WEEKS, ge=1, le=104)

    _zone = field_validator("time_zone")(check_time_zone)

    @field_validator("frequency")
    @classmethod
    def _divides_a_day(cls, value: str) -> str:
        minutes = minutes_of(value)
        if not minutes or MINUTES_PER_DAY % minutes:
            raise ValueError("is no frequency that divides a day, such as 15min, 1h or 1d")
        return value

    @property
    def grid(self) -> Grid:
        """The regular time axis."""
        return Grid(minutes_of(self.frequency))


class BacktestParameters(Parameters):
    """Rolling origins: how many weeks are judged, and what a fit may look at."""

    weeks: Integer = Field(ge=4, le=52)
    choice_weeks: Integer = Field(ge=1, le=52)
    min_training_weeks: Integer = Field(ge=1)
    sliding_weeks: Integer | None = Field(default=None, ge=2)
    exclude_events: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _window_holds_enough(self) -> Self:
        if self.sliding_weeks is not None and self.sliding_weeks < self.min_training_weeks:
            raise ValueError("sliding_weeks is shorter than min_training_weeks")
        return self


class EngineParameters(Parameters):
    """Where tasks run. Results do not depend on it."""

    backend: Literal["sequential", "loky", "dask", "ray"]
    address: str | None = Field(default=None, min_length=1)
    workers: Integer | Literal["auto"] = "auto"
    sensors_per_task: Integer = Field(ge=1, le=10_000)
    max_lost_sensors: Integer = Field(default=10, ge=0)

    @field_validator("backend")
    @classmethod
    def _installed(cls, value: str) -> str:
        package = CLUSTERS.get(value)
        if package and importlib.util.find_spec(package) is None:
            raise ValueError(
                f"the package {package!r} is missing: pip install 'modelfleet[{value}]'"
            )
        return value

    @field_validator("workers")
    @classmethod
    def _positive(cls, value: int | str) -> int | str:
        if isinstance(value, int) and value < 1:
            raise ValueError("at least one worker is needed")
        return value

    @model_validator(mode="after")
    def _address_of_a_cluster(self) -> Self:
        if self.address is not None and self.backend not in CLUSTERS:
            raise ValueError(
                f"the backend {self.backend} runs here and has no address; "
                f"those with one are {sorted(CLUSTERS)}"
            )
        return self
