"""Every sensor that anybody has heard of."""

import polars as pl

__all__ = ["known_sensors"]


def known_sensors(sensors: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """``sensor_id`` and ``cohort`` of the registered sensors, and of those that only send.

    Args:
        sensors: metadata: ``sensor_id``, ``cohort``.
        spans: :data:`~modelfleet.fleet.spans.SPANS_SCHEMA`: who sent readings.
    """
    registered = sensors.select("sensor_id", "cohort")
    strangers = spans.select("sensor_id").join(registered, on="sensor_id", how="anti")
    return pl.concat([registered, strangers], how="diagonal").sort("sensor_id")
