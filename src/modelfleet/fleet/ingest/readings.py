"""Raw rows to readings: parsed, in UTC, on the grid, one per sensor and time, none lost."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.aggregation import aggregate_finer
from modelfleet.fleet.ingest.judgement import Rules
from modelfleet.fleet.ingest.places import in_order, place_of, sensor_at, time_at
from modelfleet.fleet.ingest.repetitions import Stored, compare_with_stored, mark_repetitions
from modelfleet.fleet.ingest.runs import READINGS_SCHEMA, Runs

__all__ = ["NOTHING_REJECTED", "READINGS_SCHEMA", "REJECTED_SCHEMA", "Ingested", "settle_rows"]

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


NOTHING_REJECTED = pl.DataFrame(schema=REJECTED_SCHEMA)


@dataclass(frozen=True)
class Ingested:
    """What became of raw rows: of a batch, or of the part of it that some shards hold.

    Attributes:
        readings: new rows.
        corrections: rows that replace stored ones.
        replaced: the stored rows that they replace.
        rejected: :data:`REJECTED_SCHEMA`: the raw text, its row in the batch and the reason.
        account: where the rows went.
    """

    readings: Runs
    corrections: Runs
    replaced: Runs
    rejected: pl.DataFrame
    account: Account


def settle_rows(
    judged: pl.DataFrame, senders: pl.DataFrame, *, rules: Rules, stored: Stored, name: str
) -> Ingested:
    """Settle what each row is to the others and to what is stored.

    Args:
        judged: from :func:`~modelfleet.fleet.ingest.judgement.judge_rows`.
        senders: the slice of senders that sent them.
        rules: by which rows are judged.
        stored: what is known before the batch.
        name: of the batch.

    Raises:
        AccountError: a row was lost.
    """
    known = senders.drop_nulls("sensor_id").unique("sensor_id", keep="first", maintain_order=True)
    step = rules.fleet.grid.step_minutes
    frame = _aggregated(judged, known, rules)
    sound = _where(frame, frame["reason"].is_null() & ~(frame["merged"] | frame["repeats"]))
    told = compare_with_stored(
        mark_repetitions(in_order(_placed(sound))),
        stored,
        known,
        step_minutes=step,
        corrections=rules.ingestion.corrections,
    )
    fresh = _where(told, told["reason"].is_null() & ~told["repeats"])
    changed = fresh.filter("replaces")
    rejected = _rejected(frame, told)
    counts = rejected["reason"].cast(pl.String).value_counts()
    account = Account(
        batch=name,
        rows_in=judged.height,
        stored=fresh.height,
        duplicates=sum(_repeating(each) for each in (frame, told)),
        merged=int(frame["merged"].sum()),
        rejected=dict(sorted(counts.iter_rows())),
        moved_to_grid=int(fresh["moved"].sum()),
        missing_values=fresh["number"].null_count(),
        late=_late(fresh, stored, step),
        corrections=changed.height,
    )
    account.check()
    return Ingested(
        readings=_as_runs(_where(fresh, ~fresh["replaces"]), known, "number", step),
        corrections=_as_runs(changed, known, "number", step),
        replaced=_as_runs(changed, known, "known", step),
        rejected=_as_rejected(rejected, known, name),
        account=account,
    )


def _placed(sound: pl.DataFrame) -> pl.DataFrame:
    """Only what rows are compared by; their text is looked up again where one is rejected."""
    place = place_of(pl.col("sensor"), pl.col("step"))
    return sound.select("row", "number", "moved", "reason", place=place)


def _rejected(frame: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """All rejected rows: those that are wrong by themselves, and those that contradict others."""
    alone = frame.filter(pl.col("reason").is_not_null())
    later = told.filter(pl.col("reason").is_not_null())
    if later.is_empty():
        return alone
    named = later.select("row", "reason", sensor=sensor_at(pl.col("place")))
    text = frame.drop("reason").join(named, on=["row", "sensor"], how="inner")
    return pl.concat([alone, text.select(alone.columns)])


def _repeating(rows: pl.DataFrame) -> int:
    return int((rows["reason"].is_null() & rows["repeats"]).sum())


def _late(fresh: pl.DataFrame, stored: Stored, step_minutes: int) -> int:
    if stored.last is None:
        return 0
    return int(
        (fresh.select(time_at(pl.col("place"), step_minutes)).to_series() < stored.last).sum()
    )


def _where(frame: pl.DataFrame, chosen: pl.Series) -> pl.DataFrame:
    """Rows of a frame, without a copy where it is all of them."""
    return frame if chosen.all() else frame.filter(chosen)


def _aggregated(judged: pl.DataFrame, known: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    if rules.ingestion.aggregation is None:
        return judged.with_columns(merged=pl.lit(value=False), repeats=pl.lit(value=False))
    return aggregate_finer(
        judged,
        known,
        aggregation=rules.ingestion.aggregation,
        step_minutes=rules.fleet.grid.step_minutes,
    )


def _as_runs(rows: pl.DataFrame, known: pl.DataFrame, value: str, step_minutes: int) -> Runs:
    """Rows sorted by place, told apart by sensor."""
    runs = rows.select(sensor_at(pl.col("place")).rle()).to_series().struct.unnest()
    whose = known.select("shard", "sensor_id")[runs["value"]]
    time = time_at(pl.col("place"), step_minutes)
    return Runs(whose.with_columns(rows=runs["len"]), rows.select(timestamp=time, value=value))


def _as_rejected(rejected: pl.DataFrame, known: pl.DataFrame, name: str) -> pl.DataFrame:
    text: dict[str, Any] = {
        "batch": pl.lit(name),
        "sensor_id": _of(known["sensor_id"], pl.col("sensor")),
    }
    frame = rejected.with_columns(**text).select(REJECTED_SCHEMA.names())
    return frame.cast(REJECTED_SCHEMA).sort("row", "sensor_id")


def _of(values: pl.Series, position: pl.Expr) -> pl.Expr:
    """What stands at a position; null where there is none."""
    return pl.lit(values).gather(position) if len(values) else pl.lit(None, dtype=values.dtype)
