"""Raw rows to readings: parsed, in UTC, on the grid, one per sensor and time, none lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from modelfleet.domain.errors import DataError
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.clock import to_grid, to_utc
from modelfleet.fleet.ingest.identity import IdKind, check_id_kind, id_kind, one_form
from modelfleet.fleet.ingest.layout import read_layout
from modelfleet.fleet.ingest.places import with_place
from modelfleet.fleet.ingest.repetitions import (
    NOTHING_STORED,
    Stored,
    compare_with_stored,
    with_repetitions,
)
from modelfleet.fleet.ingest.values import to_numbers

__all__ = ["READINGS_SCHEMA", "REJECTED_SCHEMA", "Ingested", "Stored", "ingest_readings"]

READINGS_SCHEMA = pl.Schema(
    {
        "shard": pl.Int32(),
        "sensor_id": pl.String(),
        "timestamp": pl.Datetime("us", "UTC"),
        "value": pl.Float64(),
    }
)
REJECTED_SCHEMA = pl.Schema(
    {
        "batch": pl.String(),
        "row": pl.Int64(),
        "sensor_id": pl.String(),
        "timestamp": pl.String(),
        "value": pl.String(),
        "reason": pl.String(),
    }
)
UNREADABLE = ("unreadable_timestamp", "unreadable_value", "implausible_time")
PLAUSIBLE = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""Outside of it, seconds were taken for milliseconds or the reverse."""


@dataclass(frozen=True)
class Ingested:
    """What became of a batch of raw rows.

    Attributes:
        readings: new rows, :data:`READINGS_SCHEMA`, sorted by shard, sensor and time.
        corrections: rows that replace stored ones; likewise.
        replaced: the stored rows that they replace; likewise.
        rejected: :data:`REJECTED_SCHEMA`: the raw text, its row in the batch and the reason.
        account: where the rows went.
        id_kind: how the batch writes its sensor ids.
    """

    readings: pl.DataFrame
    corrections: pl.DataFrame
    replaced: pl.DataFrame
    rejected: pl.DataFrame
    account: Account
    id_kind: IdKind


def ingest_readings(
    raw: pl.LazyFrame,
    limits: pl.DataFrame,
    *,
    ingestion: IngestionParameters,
    fleet: FleetParameters,
    now: datetime,
    name: str = "raw readings",
    stored: Stored = NOTHING_STORED,
) -> Ingested:
    """Read a batch of raw rows.

    Args:
        raw: as its source hands it over.
        limits: ``sensor_id``, ``lower_limit``, ``upper_limit``: physical limits of known sensors.
        ingestion: layout, time zone and tolerance.
        fleet: the grid and the number of shards.
        now: rows later than this are rejected.
        name: of the batch, for errors and its account.
        stored: what is known before it.

    Raises:
        SchemaError: the batch as a whole cannot be read.
        DataError: more than ``max_unreadable_share`` of the rows cannot be read.
        AccountError: a row was lost.
    """
    rows, ignored = read_layout(raw, ingestion.readings, what=name)
    ids = rows["sensor_id"]
    check_id_kind(id_kind(ids), stored.id_kind, what=name)
    rows = rows.with_columns(sensor_id=one_form(ids))
    frame = _judge_rows(rows, limits, ingestion=ingestion, fleet=fleet, now=now, name=name)
    frame = compare_with_stored(frame, stored, corrections=ingestion.corrections)
    rejected = frame.filter(pl.col("reason").is_not_null())
    sound = frame.filter(pl.col("reason").is_null())
    fresh = sound.filter(~pl.col("repeats"))
    changed = fresh.filter(pl.col("replaces"))
    account = Account(
        batch=name,
        rows_in=frame.height,
        stored=fresh.height,
        duplicates=sound.height - fresh.height,
        rejected=dict(sorted(rejected["reason"].value_counts().iter_rows())),
        moved_to_grid=int(fresh["moved"].sum()),
        missing_values=fresh["number"].null_count(),
        late=0 if stored.last is None else fresh.filter(pl.col("time") < stored.last).height,
        corrections=changed.height,
        ignored_columns=ignored,
    )
    account.check()
    return Ingested(
        readings=_as_readings(fresh.filter(~pl.col("replaces")), "number"),
        corrections=_as_readings(changed, "number"),
        replaced=_as_readings(changed, "known"),
        rejected=_as_rejected(rejected, name),
        account=account,
        id_kind=id_kind(ids),
    )


def _judge_rows(
    rows: pl.DataFrame,
    limits: pl.DataFrame,
    *,
    ingestion: IngestionParameters,
    fleet: FleetParameters,
    now: datetime,
    name: str,
) -> pl.DataFrame:
    """Parse each row; say whether it is rejected (``reason``) or repeats another of the batch."""
    frame = to_utc(rows, zone=ingestion.readings.time_zone, what=name)
    frame = to_grid(
        to_numbers(frame, what=name),
        step_minutes=fleet.grid.step_minutes,
        tolerance_minutes=ingestion.tolerance_minutes,
    )
    known = limits.select("sensor_id", "lower_limit", "upper_limit")
    frame = frame.join(known, on="sensor_id", how="left", maintain_order="left")
    frame = frame.with_columns(reason=_first_reason(ingestion, now))
    frame = with_place(frame, shards=fleet.shards, step_minutes=fleet.grid.step_minutes)
    _refuse_unreadable(frame, ingestion.max_unreadable_share, what=name)
    return with_repetitions(frame)


def _first_reason(ingestion: IngestionParameters, now: datetime) -> pl.Expr:
    """The first reason for which a row is rejected, or null."""
    reasons: Sequence[tuple[pl.Expr, str]] = (
        (pl.col("sensor_id").is_null() | (pl.col("sensor_id") == ""), "missing_sensor_id"),
        (pl.col("timestamp").is_null(), "missing_timestamp"),
        (~pl.col("time").is_between(*PLAUSIBLE), "implausible_time"),
        (pl.col("time") < ingestion.earliest, "before_earliest"),
        (pl.col("time") > now, "in_the_future"),
        (pl.col("off_grid"), "off_grid"),
        (pl.col("number") < pl.col("lower_limit"), "below_lower_limit"),
        (pl.col("number") > pl.col("upper_limit"), "above_upper_limit"),
    )
    named = [pl.when(condition).then(pl.lit(code)) for condition, code in reasons]
    return pl.coalesce(*named[:2], "time_fault", "value_fault", *named[2:])


def _refuse_unreadable(frame: pl.DataFrame, most: float, *, what: str) -> None:
    bad = frame.filter(pl.col("reason").is_in(UNREADABLE))
    if bad.height > most * frame.height:
        examples = bad.head(10).select("row", "timestamp", "value").rows()
        raise DataError(
            f"{what}: {bad.height} of {frame.height} rows cannot be read, more than "
            f"{most:.1%}; the first are (row, timestamp, value) {examples}; "
            "correct the file, or ingestion.readings in parameters_ingestion.yml"
        )


def _as_readings(rows: pl.DataFrame, value: str) -> pl.DataFrame:
    ordered = rows if rows["place"].is_sorted() else rows.sort("place")
    frame = ordered.select("shard", "sensor_id", timestamp="time", value=value)
    return frame.cast(READINGS_SCHEMA)


def _as_rejected(rejected: pl.DataFrame, name: str) -> pl.DataFrame:
    frame = rejected.with_columns(batch=pl.lit(name))
    return frame.select(REJECTED_SCHEMA.names()).cast(REJECTED_SCHEMA).sort("row", "sensor_id")
