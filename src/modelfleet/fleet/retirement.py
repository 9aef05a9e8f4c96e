"""Sensors that their owner took out of service, or goes on with under another id."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from modelfleet.domain.errors import SchemaError, listing
from modelfleet.fleet.axis import Axis

__all__ = [
    "NEVER_IN_SERVICE",
    "RENAMED",
    "RETIRED",
    "STILL_SENDING",
    "explain_retirement",
    "find_retired",
    "warn_of_retired",
]

logger = logging.getLogger(__name__)

RETIRED = "retired_by_owner"
RENAMED = "renamed"
STILL_SENDING = "retired_but_sending"
NEVER_IN_SERVICE = "retired_before_first_reading"

TIME = pl.Datetime("us", "UTC")
NO = ("", "false", "no", "0", "0.0", "nan", "null", "none")
YES = ("true", "yes", "1", "1.0")
DATE = r"^\d{4}-\d{2}-\d{2}([t ].*)?$"


def find_retired(sensors: pl.DataFrame, column: str | None, axis: Axis) -> pl.DataFrame:
    """Read from the metadata who is retired.

    Args:
        sensors: ``sensor_id``, ``renamed_from`` and the metadata.
        column: holds a date, such as 2024-05-31 (the first day out of service, on local clocks), or
            true; empty or false for a sensor in service. ``None``: nobody is retired.
        axis: a date after its end is still to come.

    Returns:
        ``sensor_id``, ``retired``, ``retired_from`` (UTC, null where no date is given) and
        ``renamed_to``, the id under which the sensor goes on, null for most. Whoever goes on under
        another id is retired.

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
    renamed = sensors.select(sensor_id="renamed_from", renamed_to="sensor_id").drop_nulls()
    out = pl.col("text").is_in(YES) | begun.fill_null(value=False)
    return table.join(renamed, on="sensor_id", how="left", maintain_order="left").select(
        "sensor_id",
        retired=out | pl.col("renamed_to").is_not_null(),
        retired_from=_midnight(axis),
        renamed_to="renamed_to",
    )


def explain_retirement(profile: Mapping[str, Any], *, max_silence_hours: float) -> dict[str, str]:
    """Say why a retired sensor is, and how its readings contradict it.

    Args:
        profile: with what :func:`find_retired` found, and the sensor's first and last reading.
        max_silence_hours: a sensor that was silent for longer sends no more.

    Returns:
        reason code to explanation, :data:`RETIRED` first.
    """
    since, last = profile["retired_from"], profile["last_reading"]
    first, now = profile["first_reading"], profile["renamed_to"]
    silence = profile["silence_hours"]
    sends = silence is not None and silence <= max_silence_hours
    # On its last day a sensor may still have been at work.
    over = since + timedelta(days=1) if since else None
    notes = {
        RETIRED: f"since {since:%Y-%m-%d %H:%M} UTC" if since else "",
        RENAMED: f"goes on as {now}" if now else None,
        STILL_SENDING: f"last reading {last:%Y-%m-%d %H:%M} UTC"
        if sends and (over is None or last >= over)
        else None,
        NEVER_IN_SERVICE: f"first reading {first:%Y-%m-%d %H:%M} UTC"
        if over and first and first >= over
        else None,
    }
    return {
        code: f"{code}: {text}" if text else code
        for code, text in notes.items()
        if text is not None
    }


def warn_of_retired(admissions: pl.DataFrame) -> None:
    """Log whose readings contradict their retirement.

    Args:
        admissions: ``sensor_id`` and ``reasons``.
    """

    def those(code: str) -> pl.Series:
        return admissions.filter(pl.col("reasons").list.contains(code))["sensor_id"]

    if len(sending := those(STILL_SENDING)):
        logger.warning(
            "retired sensors that still send: %s; correct the metadata, or switch them off",
            listing(sending),
        )
    if len(early := those(NEVER_IN_SERVICE)):
        logger.warning(
            "sensors that retired before their first reading: %s; correct the date in the metadata",
            listing(early),
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
