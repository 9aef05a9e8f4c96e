"""How raw files become readings."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from modelfleet.domain.parameters.base import Flag, Integer, Number, Parameters
from modelfleet.domain.parameters.fleet import check_time_zone

__all__ = [
    "Aggregation",
    "CovariateLayout",
    "EventLayout",
    "IngestionParameters",
    "ReadingLayout",
    "SensorLayout",
]


class ReadingLayout(Parameters):
    """Names of the columns in the raw readings."""

    kind: Literal["long", "wide"]
    timestamp: str
    sensor_id: str | None = None
    value: str | None = None
    time_zone: str | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        return None if value is None else check_time_zone(value)

    @model_validator(mode="after")
    def _long_names_its_columns(self) -> Self:
        if self.kind == "long" and (self.sensor_id is None or self.value is None):
            raise ValueError("a long layout names its columns sensor_id and value")
        return self


class SensorLayout(Parameters):
    """Names of the columns in the sensors' metadata."""

    sensor_id: str
    kind: str
    unit: str
    cohort_by: tuple[str, ...] = Field(min_length=1)
    lower_limit: str | None = None
    upper_limit: str | None = None
    rule_value: str | None = None
    renamed_from: str | None = None


class EventLayout(Parameters):
    """Names of the columns in the calendar of events."""

    event_id: str
    kind: str
    start: str
    end: str
    note: str | None = None
    scope: tuple[str, ...] = ()
    time_zone: str = "UTC"

    _zone = field_validator("time_zone")(check_time_zone)


class CovariateLayout(Parameters):
    """Names of the columns in the companions of the fleet."""

    timestamp: str
    columns: tuple[str, ...] = ()
    time_zone: str | None = None


Method = Literal["mean", "sum", "min", "max"]


class Aggregation(Parameters):
    """How rows on a finer grid than the fleet's become one value per step."""

    method: Method
    kinds: dict[str, Method] = Field(default_factory=dict)
    min_share: Number = Field(gt=0, le=1)


class IngestionParameters(Parameters):
    """How raw files become readings, and what is refused."""

    readings: ReadingLayout
    sensors: SensorLayout
    events: EventLayout
    covariates: CovariateLayout
    aggregation: Aggregation | None = None
    corrections: Flag = False
    most_small_files: Integer = Field(ge=1)
    tolerance_minutes: Number = Field(ge=0)
    earliest: datetime
    max_unreadable_share: Number = Field(ge=0, le=1)
