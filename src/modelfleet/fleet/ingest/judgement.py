"""Judges raw rows one by one: what time, what number, and whether something is wrong with them."""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.ingest.clock import Clock, to_grid
from modelfleet.fleet.ingest.reasons import because
from modelfleet.fleet.ingest.values import to_numbers

__all__ = ["Rules", "judge_rows"]

PLAUSIBLE = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""Outside of it, seconds were taken for milliseconds or the reverse."""


@dataclass(frozen=True)
class Rules:
    """By what rows are judged.

    Attributes:
        ingestion: layout, time zone, tolerance.
        fleet: the grid and the number of shards.
        now: rows later than this are rejected.
    """

    ingestion: IngestionParameters
    fleet: FleetParameters
    now: datetime


def judge_rows(
    asked: pl.LazyFrame, senders: pl.DataFrame, *, clock: Clock, rules: Rules, what: str
) -> pl.DataFrame:
    """Parse the rows of some sensors.

    Args:
        asked: their rows, as :class:`~modelfleet.fleet.ingest.layout.RawRows` gives them.
        senders: a slice of :func:`~modelfleet.fleet.ingest.senders.list_senders`.
        clock: how timestamps are to be read.
        rules: by which rows are judged.
        what: names the batch in errors.

    Returns:
        ``row``, ``timestamp`` and ``value`` as they came, ``sensor`` (position of the sensor among
        those of the slice, null for rows without an id), ``time`` (UTC), ``step`` of the grid,
        ``moved``, ``number`` and ``reason``, null where nothing is wrong with the row alone.
    """
    known = senders.drop_nulls("sensor_id").unique("sensor_id", keep="first", maintain_order=True)
    named = pl.Enum(known["sensor_id"])
    text = pl.col("raw_id").cast(pl.String)
    if senders["sensor_id"].ne_missing(senders["raw_id"].cast(pl.String)).any():
        text = text.str.normalize("NFC")
    coded = asked.with_columns(sensor=text.cast(named, strict=False).to_physical().cast(pl.UInt32))
    timed = clock.to_utc(coded.drop("raw_id"))
    placed = to_grid(
        to_numbers(timed, what=f"{what}, column {rules.ingestion.readings.value!r}"),
        step_minutes=rules.fleet.grid.step_minutes,
        tolerance_minutes=rules.ingestion.tolerance_minutes,
    )
    judged = placed.with_columns(reason=_first_reason(rules))
    columns = ["row", "sensor", "timestamp", "value", "time", "step", "moved", "number", "reason"]
    frame = judged.select(columns).collect(engine="streaming")
    return _within_limits(frame, known)


def _first_reason(rules: Rules) -> pl.Expr:
    """The first reason for which a row is rejected, or null."""
    time = pl.col("time")
    return pl.coalesce(
        because(pl.col("sensor").is_null(), "missing_sensor_id"),
        because(pl.col("timestamp").is_null(), "missing_timestamp"),
        "time_fault",
        "value_fault",
        because(~time.is_between(*PLAUSIBLE), "implausible_time"),
        because(time < rules.ingestion.earliest, "before_earliest"),
        because(time > rules.now, "in_the_future"),
        because(pl.col("off_grid"), "off_grid"),
    )


def _within_limits(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Reject numbers outside the physical limits of their sensor."""
    lower, upper = known["lower_limit"], known["upper_limit"]
    if lower.null_count() == upper.null_count() == len(known):
        return frame
    low, high = (pl.lit(limit).gather(pl.col("sensor")) for limit in (lower, upper))
    return frame.with_columns(
        reason=pl.coalesce(
            "reason",
            because(pl.col("number") < low, "below_lower_limit"),
            because(pl.col("number") > high, "above_upper_limit"),
        )
    )
