"""Raw rows to readings: parsed, in UTC, on the grid, one per sensor and time, none lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from modelfleet.domain.errors import DataError
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.clock import to_grid, to_utc
from modelfleet.fleet.ingest.layout import read_layout
from modelfleet.fleet.ingest.values import to_numbers
from modelfleet.fleet.shards import with_shard

__all__ = ["READINGS_SCHEMA", "REJECTED_SCHEMA", "Ingested", "ingest_readings"]

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
        "row": pl.Int64(),
        "sensor_id": pl.String(),
        "timestamp": pl.String(),
        "value": pl.String(),
        "reason": pl.String(),
    }
)
UNREADABLE = ("unreadable_timestamp", "unreadable_value")


@dataclass(frozen=True)
class Ingested:
    """What became of a batch of raw rows.

    Attributes:
        readings: :data:`READINGS_SCHEMA`, sorted by shard, sensor and time.
        rejected: :data:`REJECTED_SCHEMA`: the raw text, its row in the source and the reason.
        account: where the rows went.
    """

    readings: pl.DataFrame
    rejected: pl.DataFrame
    account: Account


def ingest_readings(
    raw: pl.LazyFrame,
    limits: pl.DataFrame,
    *,
    ingestion: IngestionParameters,
    fleet: FleetParameters,
    now: datetime,
) -> Ingested:
    """Read a batch of raw rows.

    Args:
        raw: as the catalog loads it.
        limits: ``sensor_id``, ``lower_limit``, ``upper_limit``: physical limits of known sensors.
        ingestion: layout, time zone and tolerance.
        fleet: the grid and the number of shards.
        now: rows later than this are rejected.

    Raises:
        SchemaError: the batch as a whole cannot be read.
        DataError: more than ``max_unreadable_share`` of the rows cannot be read.
        AccountError: a row was lost.
    """
    frame, ignored = read_layout(raw, ingestion.readings)
    frame = to_utc(frame, zone=ingestion.readings.time_zone, what="raw readings")
    frame = to_grid(
        to_numbers(frame),
        step_minutes=fleet.grid.step_minutes,
        tolerance_minutes=ingestion.tolerance_minutes,
    )
    frame = frame.join(
        limits.select("sensor_id", "lower_limit", "upper_limit"),
        on="sensor_id",
        how="left",
        maintain_order="left",
    )
    frame = frame.with_columns(reason=_first_reason(ingestion, now))
    _refuse_unreadable(frame, ingestion.max_unreadable_share)
    frame = _with_repetitions(frame)
    rejected = frame.filter(pl.col("reason").is_not_null())
    stored = frame.filter(pl.col("reason").is_null() & ~pl.col("repeats"))
    account = Account(
        rows_in=frame.height,
        stored=stored.height,
        duplicates=frame.filter(pl.col("reason").is_null() & pl.col("repeats")).height,
        rejected=_counts(rejected["reason"].to_list()),
        moved_to_grid=int(stored["moved"].sum()),
        missing_values=stored["number"].null_count(),
        ignored_columns=ignored,
    )
    account.check()
    return Ingested(_as_readings(stored, fleet.shards), _as_rejected(rejected), account)


def _first_reason(ingestion: IngestionParameters, now: datetime) -> pl.Expr:
    """The first reason for which a row is rejected, or null."""
    reasons: Sequence[tuple[pl.Expr, str]] = (
        (pl.col("sensor_id").is_null() | (pl.col("sensor_id") == ""), "missing_sensor_id"),
        (pl.col("timestamp").is_null(), "missing_timestamp"),
        (pl.col("time") < ingestion.earliest, "before_earliest"),
        (pl.col("time") > now, "in_the_future"),
        (pl.col("off_grid"), "off_grid"),
        (pl.col("number") < pl.col("lower_limit"), "below_lower_limit"),
        (pl.col("number") > pl.col("upper_limit"), "above_upper_limit"),
    )
    named = [pl.when(condition).then(pl.lit(code)) for condition, code in reasons]
    return pl.coalesce(*named[:2], "time_fault", "value_fault", *named[2:])


def _refuse_unreadable(frame: pl.DataFrame, most: float) -> None:
    bad = frame.filter(pl.col("reason").is_in(UNREADABLE))
    if bad.height > most * frame.height:
        examples = bad.head(10).select("row", "timestamp", "value").rows()
        raise DataError(
            f"raw readings: {bad.height} of {frame.height} rows cannot be read, more than "
            f"{most:.1%}; the first are (row, timestamp, value) {examples}; "
            "correct the file, or ingestion.readings in parameters_ingestion.yml"
        )


def _with_repetitions(frame: pl.DataFrame) -> pl.DataFrame:
    """Mark exact repetitions, and reject rows that contradict each other."""
    key = ["sensor_id", "time"]
    crowded = frame.filter(pl.col("reason").is_null() & pl.struct(key).is_duplicated())
    if crowded.is_empty():
        return frame.with_columns(repeats=pl.lit(value=False))
    judged = crowded.select(
        "row",
        "sensor_id",
        conflict=pl.col("number").n_unique().over(key) > 1,
        repeats=pl.int_range(pl.len()).over(key) > 0,
    )
    return (
        frame.join(judged, on=["row", "sensor_id"], how="left", maintain_order="left")
        .with_columns(
            reason=pl.when(pl.col("conflict"))
            .then(pl.lit("conflicting_values"))
            .otherwise("reason"),
            repeats=pl.col("repeats").fill_null(value=False) & ~pl.col("conflict"),
        )
        .drop("conflict")
    )


def _counts(reasons: Sequence[str]) -> dict[str, int]:
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def _as_readings(stored: pl.DataFrame, shards: int) -> pl.DataFrame:
    frame = stored.select("sensor_id", timestamp="time", value="number")
    return (
        with_shard(frame, shards)
        .select(READINGS_SCHEMA.names())
        .cast(READINGS_SCHEMA)
        .sort("shard", "sensor_id", "timestamp")
    )


def _as_rejected(rejected: pl.DataFrame) -> pl.DataFrame:
    return rejected.select(REJECTED_SCHEMA.names()).cast(REJECTED_SCHEMA).sort("row", "sensor_id")
