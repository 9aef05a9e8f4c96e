"""Who sent readings, and from when to when: what ingestion needs to know of all of history.

Kept per sensor, it grows with the fleet and not with time, and rows that come later are joined to
what was known before.
"""

import polars as pl

__all__ = ["SPANS_SCHEMA", "join_spans", "spans_of"]

SPANS_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "first": pl.Datetime("us", "UTC"),
        "last": pl.Datetime("us", "UTC"),
    }
)
"""One row per sensor with a reading: times of its first and last value, null without a value."""


def spans_of(readings: pl.LazyFrame) -> pl.DataFrame:
    """Spans of all sensors in ``sensor_id``, ``timestamp``, ``value``: :data:`SPANS_SCHEMA`."""
    valued = pl.when(pl.col("value").is_not_null()).then("timestamp")
    spans = readings.group_by("sensor_id").agg(first=valued.min(), last=valued.max())
    return spans.collect(engine="streaming").cast(SPANS_SCHEMA).sort("sensor_id")


def join_spans(known: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """Spans of two sets of readings together; rows may be in both."""
    both = pl.concat([known, more]).group_by("sensor_id")
    return both.agg(pl.col("first").min(), pl.col("last").max()).sort("sensor_id")
