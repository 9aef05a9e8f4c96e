"""From forecasts to predictions: when they were made, and what their maker had learned from."""

from datetime import datetime

import polars as pl

from modelfleet.fleet.inference.schema import BASELINE, CHAMPION, MODEL, PREDICTION_SCHEMA
from modelfleet.fleet.serving.content import Content

__all__ = ["prediction_rows", "without_release"]


def prediction_rows(
    forecasts: pl.DataFrame, content: Content, *, origin: datetime, readings_version: int
) -> pl.DataFrame:
    """Put the rest of the story beside each forecast.

    Args:
        forecasts: :data:`~modelfleet.fleet.serving.schema.FORECAST_SCHEMA`.
        content: of the release that made them.
        origin: their first step.
        readings_version: of the table of readings.

    Returns:
        :data:`~modelfleet.fleet.inference.schema.PREDICTION_SCHEMA`.
    """
    told = forecasts.join(_makers(content), on=["sensor_id", "source"], how="left")
    kept = (pl.col("source") == MODEL) & (pl.col("serves") == CHAMPION).fill_null(value=False)
    return told.with_columns(
        source=pl.when(kept).then(pl.lit(CHAMPION)).otherwise("source"),
        origin=pl.lit(origin),
        readings_version=pl.lit(readings_version),
    ).select(pl.col(name).cast(kind) for name, kind in PREDICTION_SCHEMA.items())


def without_release(predictions: pl.DataFrame, error: str) -> pl.DataFrame:
    """The same of baselines that no release holds: they have no name and learned nothing."""
    nothing = ("model_version", "release", "trained_from", "trained_to")
    return predictions.with_columns(
        *(pl.lit(None, dtype=PREDICTION_SCHEMA[name]).alias(name) for name in nothing),
        error=pl.concat_str(pl.lit(error), "error", separator="; ", ignore_nulls=True),
    )


def _makers(content: Content) -> pl.DataFrame:
    """Who can make a forecast of each sensor, and what they learned from."""
    serves = content.sensors.select("sensor_id", "serves")
    span = ("sensor_id", "trained_from", "trained_to")
    return pl.concat(
        [
            table.select(span)
            .join(serves, on="sensor_id", how="left")
            .with_columns(source=pl.lit(source))
            for source, table in ((MODEL, content.models), (BASELINE, content.baselines))
        ]
    )
