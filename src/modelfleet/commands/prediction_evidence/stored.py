"""Finds a prediction among those that were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from modelfleet.commands.project import Assets
from modelfleet.commands.sensor_rows import scan_asset, unknown_sensor
from modelfleet.domain.errors import DataError
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.fleet.inference import PREDICTION_SCHEMA
from modelfleet.stores.delta import open_table, scan_table

__all__ = ["Stored", "find_prediction"]

MAKE = "`kedro run --pipelines inference{env}`"
MAKE_AT = "`kedro run --pipelines inference{env} --params inference.origins={at:%Y-%m-%dT%H:%M}`"
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Stored:
    """A prediction as it was made.

    Attributes:
        row: of the sensor and the time.
        rows: of the same origin, step after step.
        origins: other origins that forecast the same time, the latest first.
    """

    row: dict[str, Any]
    rows: pl.DataFrame
    origins: tuple[datetime, ...]


def find_prediction(
    assets: Assets, sensor_id: str, at: datetime, *, origin: datetime | None = None
) -> Stored:
    """The forecast of a sensor for a time, from the latest origin or from a given one.

    Raises:
        DataError: there is no such prediction; the message says which there are, and how to make
            it.
    """
    mine = _predictions(assets).filter(pl.col("sensor_id") == sensor_id)
    found = mine.filter(pl.col("timestamp") == at).sort("origin", descending=True).collect()
    of_origin = found if origin is None else found.filter(pl.col("origin") == origin)
    if of_origin.is_empty():
        raise DataError(
            _nothing(assets, mine, sensor_id, at=at, origin=origin, covering=found["origin"])
        )
    row = of_origin.row(0, named=True)
    rows = mine.filter(pl.col("origin") == row["origin"]).sort("timestamp").collect()
    others = [each for each in found["origin"].unique(maintain_order=True) if each != row["origin"]]
    return Stored(row, rows, tuple(others))


def _predictions(assets: Assets) -> pl.LazyFrame:
    place = assets.place("predictions") if "predictions" in assets.entries else None
    if place is None or open_table(place) is None:
        raise DataError(
            f"the environment {assets.env or 'local'!r} has no predictions yet; make them with "
            f"{MAKE.format(env=_env(assets))}"
        )
    return scan_table(place).select(PREDICTION_SCHEMA.names())


def _nothing(
    assets: Assets,
    mine: pl.LazyFrame,
    sensor_id: str,
    *,
    at: datetime,
    origin: datetime | None,
    covering: pl.Series,
) -> str:
    """Why there is no such prediction, and what to do."""
    if len(covering) and origin is not None:
        return (
            f"no forecast of {sensor_id!r} for {_written(at)} begins at {_written(origin)}; those "
            f"that cover it begin at {_some(covering.to_list())}"
        )
    origins = mine.select("origin").unique().sort("origin", descending=True).collect()
    if origins.is_empty():
        known = scan_asset(assets, "sensors").select("sensor_id").collect().to_series()
        if sensor_id not in set(known):
            return unknown_sensor(sensor_id, known)
    there = _some(origins["origin"].to_list()) if len(origins) else "none"
    make = MAKE_AT.format(env=_env(assets), at=origin or _begin_of(assets, at))
    return (
        f"no forecast of {sensor_id!r} covers {_written(at)}; the origins of its forecasts are "
        f"{there}; make it with {make}"
    )


def _begin_of(assets: Assets, at: datetime) -> datetime:
    """Midnight before, in UTC, or the time itself where no forecast reaches so far."""
    fleet = FleetParameters.model_validate(assets.parameters()["fleet"])
    since = timedelta(hours=at.hour, minutes=at.minute)
    reach = timedelta(minutes=fleet.horizon * fleet.grid.step_minutes)
    return at - since if since < reach else at


def _some(origins: Sequence[datetime]) -> str:
    named = ", ".join(_written(each) for each in origins[:SHOWN])
    return f"{named} and {len(origins) - SHOWN} more" if len(origins) > SHOWN else named


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _env(assets: Assets) -> str:
    return f" --env {assets.env}" if assets.env else ""
