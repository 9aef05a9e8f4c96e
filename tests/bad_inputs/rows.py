"""Raw rows to make bad inputs of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from tests.fleet.test_admissions import LENGTH, sound

START = datetime(2021, 1, 1, tzinfo=UTC)
TEXT = {"time": pl.String, "id": pl.String, "v": pl.String}


def rows(*given: tuple[str | None, Any, Any]) -> pl.DataFrame:
    """Raw rows as text: time, id, value."""
    return pl.DataFrame(given, schema=TEXT, orient="row")


def series(name: str, values: FloatArray, *, minutes: FloatArray | None = None) -> pl.DataFrame:
    """A sensor's rows as text; a step without a value has none.

    Args:
        name: id of the sensor.
        values: one per step.
        minutes: since the start; hourly where it is not given.
    """
    moments = np.arange(len(values)) * 60 if minutes is None else minutes
    keep = np.isfinite(values)
    times = [START + timedelta(minutes=float(m)) for m in moments[keep]]
    return pl.DataFrame(
        {"time": times, "id": name, "v": [f"{value:.6f}" for value in values[keep]]}
    ).with_columns(pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S"))


GOOD = series("b", np.arange(200.0))
"""A week of a sensor without limits."""

SOUND = series("sound", sound())
"""Forty weeks of a sensor that is in order."""


def with_good(*given: tuple[str | None, Any, Any]) -> pl.DataFrame:
    """A few bad rows after good ones; the first bad row is row 200."""
    return pl.concat([GOOD, rows(*given)])


def with_sound(*frames: pl.DataFrame) -> pl.DataFrame:
    """Faulty sensors beside one that is in order."""
    return pl.concat([SOUND, *frames])


def metadata(*ids: str, **columns: Any) -> pl.DataFrame:
    """Raw metadata of sensors of one kind; only ``a`` has limits, 0 and 100."""
    limits = [("0", "100") if name == "a" else (None, None) for name in ids]
    base = {
        "id": ids,
        "kind": "flow",
        "unit": "L/s",
        "area": "north",
        "low": [low for low, _ in limits],
        "high": [high for _, high in limits],
    }
    return pl.DataFrame({**base, **columns}, schema_overrides={"low": pl.String, "high": pl.String})


def since(position: int, before: FloatArray, after: FloatArray) -> FloatArray:
    """One series up to a step, another from there on."""
    return np.where(np.arange(LENGTH) < position, before, after)
