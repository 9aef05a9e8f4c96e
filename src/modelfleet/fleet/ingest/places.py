"""Where a row belongs: one number by which rows are compared and sorted.

Sorting and comparing millions of texts is what would take the time of ingestion.
"""

import polars as pl

__all__ = ["in_order", "place_of", "sensor_at", "step_at", "time_at"]

STEP_BITS = 32
FIRST_STEP = 1 << (STEP_BITS - 1)
"""Added to steps, so that none is negative however long before 1970 it lies."""


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
    """Rows sorted by place; most sources are nearly so, and sorting costs."""
    return frame if frame["place"].is_sorted() else frame.sort("place")
