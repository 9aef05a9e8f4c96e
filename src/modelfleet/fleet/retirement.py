"""Sensors that their owner took out of service."""

import polars as pl

from modelfleet.domain.errors import SchemaError, listing
from modelfleet.fleet.axis import Axis

__all__ = ["find_retired"]

TIME = pl.Datetime("us", "UTC")
NO = ("", "false", "no", "0", "0.0", "nan", "null", "none")
YES = ("true", "yes", "1", "1.0")
DATE = r"^\d{4}-\d{2}-\d{2}([t ].*)?$"


def find_retired(sensors: pl.DataFrame, column: str | None, axis: Axis) -> pl.DataFrame:
    """Read from the metadata who is retired.

    Args:
        sensors: ``sensor_id`` and the metadata.
        column: holds a date, such as 2024-05-31 (the first day out of service, on local clocks), or
            true; empty or false for a sensor in service. ``None``: nobody is retired.
        axis: a date after its end is still to come.

    Returns:
        ``sensor_id``, ``retired`` and ``retired_from`` (UTC, null where no date is given).

    Raises:
        SchemaError: the column is missing, or holds something else.
    """
    table = sensors.select("sensor_id", text=_text(sensors, column))
    day = pl.col("text").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    table = table.with_columns(day=pl.when(pl.col("text").str.contains(DATE)).then(day))
    known = pl.col("text").is_in([*NO, *YES]) | pl.col("day").is_not_null()
    unreadable = table.filter(~known)
    if unreadable.height:
        raise SchemaError(
            f"raw sensors, column {column!r}: {listing(unreadable['text'].unique().sort())} of "
            f"sensor {listing(unreadable['sensor_id'])} is neither a date such as 2024-05-31, nor "
            "true, nor false; correct the metadata"
        )
    begun = _midnight(axis) <= axis.end
    return table.select(
        "sensor_id",
        retired=pl.col("text").is_in(YES) | begun.fill_null(value=False),
        retired_from=_midnight(axis),
    )


def _text(sensors: pl.DataFrame, column: str | None) -> pl.Expr:
    if column is None:
        return pl.lit("")
    if column not in sensors.columns:
        raise SchemaError(
            f"raw sensors: column {column!r} is missing; the columns are "
            f"{listing(sensors.columns)}; correct the file, or validation.retired_column in "
            "parameters_validation.yml"
        )
    return pl.col(column).cast(pl.String).fill_null("").str.strip_chars().str.to_lowercase()


def _midnight(axis: Axis) -> pl.Expr:
    """The first moment of the day on local clocks, in UTC."""
    local = pl.col("day").cast(pl.Datetime("us"))
    # Where clocks go forward at midnight the day begins an hour later.
    known = [
        moment.dt.replace_time_zone(axis.time_zone, ambiguous="earliest", non_existent="null")
        for moment in (local, local.dt.offset_by("1h"))
    ]
    return pl.coalesce(known).dt.convert_time_zone("UTC").cast(TIME)
