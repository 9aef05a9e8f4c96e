"""From forecasts to predictions: when they were made, and what their maker had learned from."""

from datetime import datetime

import polars as pl

from modelfleet.fleet.inference.schema import BASELINE, CHAMPION, MODEL, PREDICTION_SCHEMA
from modelfleet.fleet.serving.content import Content

__all__ = ["makers_of", "prediction_rows", "without_release"]


def prediction_rows(
    forecasts: pl.DataFrame, makers: pl.DataFrame, *, origin: datetime, readings_version: int
) -> pl.DataFrame:
    """Put the rest of the story beside each forecast.

    Args:
        forecasts: :data:`~modelfleet.fleet.serving.schema.FORECAST_SCHEMA`.
        makers: from :func:`makers_of` the release that made them.
        origin: their first step.
        readings_version: of the table of readings.

    Returns:
        :data:`~modelfleet.fleet.inference.schema.PREDICTION_SCHEMA`.
    """
    told = forecasts.join(makers, on=["sensor_id", "source"], how="left", maintain_order="left")
    return told.with_columns(
        source=pl.coalesce("as", "source"),
        origin=pl.lit(origin),
        readings_version=pl.lit(readings_version),
    ).select(pl.col(name).cast(kind) for name, kind in PREDICTION_SCHEMA.items())


def makers_of(content: Content) -> pl.DataFrame:
    """Who can make a forecast of each sensor of a release, and what they learned from.

    Returns:
        ``sensor_id``, ``source`` of a forecast, ``as``: what a prediction calls it,
        ``trained_from`` and ``trained_to``.
    """
    kept = content.sensors.select(
        "sensor_id",
        kept=pl.when(pl.col("serves") == CHAMPION).then(pl.lit(CHAMPION)).otherwise(pl.lit(MODEL)),
    )
    span = ("trained_from", "trained_to")
    models = content.models.join(kept, on="sensor_id", how="left")
    return pl.concat(
        [
            models.select(
                "sensor_id", pl.lit(MODEL).alias("source"), pl.col("kept").alias("as"), *span
            ),
            content.baselines.select(
                "sensor_id", pl.lit(BASELINE).alias("source"), pl.lit(BASELINE).alias("as"), *span
            ),
        ]
    )


def without_release(predictions: pl.DataFrame, error: str) -> pl.DataFrame:
    """The same of baselines that no release holds: they have no name and learned nothing."""
    nothing = ("model_version", "release", "trained_from", "trained_to")
    return predictions.with_columns(
        *(pl.lit(None, dtype=PREDICTION_SCHEMA[name]).alias(name) for name in nothing),
        error=pl.concat_str(pl.lit(error), "error", separator="; ", ignore_nulls=True),
    )
