"""Where a row belongs: one number by which rows are compared and sorted.

Sorting and comparing millions of texts is what would take the time of ingestion.
"""

import polars as pl

__all__ = ["in_order", "place_of", "sensor_at", "step_at", "time_at"]

STEP_BITS = 32
FIRST_STEP = 1 << (STEP_BITS - 1)
"""Added to steps, so that none is negative however long before 1970 it lies."""

SHORT_RUN = 64
"""Rows in a run, on average, below which to sort them all is as quick."""


def place_of(sensor: pl.Expr, step: pl.Expr) -> pl.Expr:
    """A number that orders rows by sensor, then by step; equal for equal sensor and step.

    Args:
        sensor: position among the sensors of the slice.
        step: of the grid, counted from 1970.
    """
    return sensor.cast(pl.Int64) * (1 << STEP_BITS) + (step + FIRST_STEP)


def sensor_at(place: pl.Expr) -> pl.Expr:
    """The position of the sensor that a place tells."""
    return (place // (1 << STEP_BITS)).cast(pl.UInt32)


def step_at(place: pl.Expr) -> pl.Expr:
    """The step of the grid that a place tells."""
    return place % (1 << STEP_BITS) - FIRST_STEP


def time_at(place: pl.Expr, step_minutes: int) -> pl.Expr:
    """The time (UTC) that a place tells."""
    microseconds = step_at(place) * (step_minutes * 60_000_000)
    return pl.from_epoch(microseconds, "us").dt.replace_time_zone("UTC")


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted by ``place``.

    Sources mostly hold the rows of a sensor one after the other in time: then such runs are put in
    order as a whole, and rows are compared with their neighbours only.
    """
    place = frame["place"]
    if place.is_sorted():
        return frame
    step = place.diff()
    begins = ((step < 0) | (step >= FIRST_STEP)).fill_null(value=True)  # or another sensor
    starts = begins.arg_true()
    if len(starts) > frame.height // SHORT_RUN:
        return frame.sort("place")
    runs = pl.DataFrame({"start": starts, "stop": starts.shift(-1, fill_value=frame.height)})
    runs = runs.with_columns(
        first=place.gather(runs["start"]), last=place.gather(runs["stop"] - 1)
    ).sort("first")
    if (runs["first"] < runs["last"].shift()).any():
        return frame.sort("place")
    spans = runs.select("start", "stop").iter_rows()
    return pl.concat([frame.slice(start, stop - start) for start, stop in spans], rechunk=True)
