"""Rows that say the same time of the same sensor: repetitions, contradictions, corrections.

A missing value says nothing, so it contradicts nothing: beside a value it is a repetition, and a
value that arrives later fills it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from modelfleet.fleet.ingest.identity import IdKind
from modelfleet.fleet.ingest.places import place_of, step_at
from modelfleet.fleet.ingest.reasons import because

__all__ = ["NOTHING_STORED", "Stored", "compare_with_stored", "mark_repetitions"]


@dataclass(frozen=True)
class Stored:
    """What is known before a batch.

    Attributes:
        last: the latest stored timestamp, ``None`` where nothing is stored.
        between: reads the stored rows of a period, both ends included, and of some shards.
        id_kind: how sensor ids were written so far, ``None`` before the first batch.
    """

    last: datetime | None = None
    between: Callable[[datetime, datetime, Sequence[int]], pl.LazyFrame] | None = None
    id_kind: IdKind | None = None


NOTHING_STORED = Stored()


def mark_repetitions(sound: pl.DataFrame) -> pl.DataFrame:
    """Mark rows that repeat another of the batch (``repeats``), and reject contradictions.

    Of two values for one time no one can tell which is right: both are ``conflicting_values``.

    Args:
        sound: rows without a reason, with ``row``, ``place`` and ``number``, sorted by place.
    """
    again = sound["place"].diff().eq(0).fill_null(value=False)
    if not again.any():
        return sound.with_columns(repeats=pl.lit(value=False))
    crowded = again | again.shift(-1, fill_value=False)
    speaks_first = pl.col("row").sort_by(pl.col("number").is_null(), "row").first().over("place")
    judged = sound.filter(crowded).with_columns(
        conflict=pl.col("number").drop_nulls().n_unique().over("place") > 1,
        repeats=pl.col("row") != speaks_first,
    )
    judged = judged.with_columns(
        reason=because(pl.col("conflict"), "conflicting_values"),
        repeats=pl.col("repeats") & ~pl.col("conflict"),
    )
    alone = sound.filter(~crowded).with_columns(repeats=pl.lit(value=False))
    return pl.concat([alone, judged.select(alone.columns)]).sort("place", "row")


def compare_with_stored(
    frame: pl.DataFrame,
    stored: Stored,
    senders: pl.DataFrame,
    *,
    step_minutes: int,
    corrections: bool,
) -> pl.DataFrame:
    """Compare the sound rows of a batch with what is stored.

    Args:
        frame: from :func:`mark_repetitions`.
        stored: what is known before the batch.
        senders: ``sensor_id`` and ``shard`` in the order of the sensors' positions.
        step_minutes: of the grid.
        corrections: a value that contradicts a stored one replaces it; otherwise it is rejected as
            ``conflicts_with_stored``.

    Returns:
        ``repeats`` also where the stored row says the same; ``replaces`` where the row replaces a
        stored one, and ``known``, the stored value.
    """
    before = _stored_rows(frame, stored, senders, step_minutes)
    if before is None:
        return frame.with_columns(
            replaces=pl.lit(value=False), known=pl.lit(None, dtype=pl.Float64)
        )
    compared = frame.join(before, on="place", how="left", maintain_order="left").with_columns(
        is_known=pl.col("is_known").fill_null(value=False)
    )
    sound_now = pl.col("reason").is_null() & ~pl.col("repeats") & pl.col("is_known")
    same = pl.col("number").is_null() | pl.col("number").eq_missing(pl.col("known"))
    fills = pl.col("known").is_null() & pl.col("number").is_not_null()
    refused = sound_now & ~same & ~fills & (not corrections)
    return compared.with_columns(
        reason=pl.coalesce("reason", because(refused, "conflicts_with_stored")),
        repeats=pl.col("repeats") | (sound_now & same),
        replaces=sound_now & ~same & ~refused,
    ).drop("is_known")


def _stored_rows(
    frame: pl.DataFrame, stored: Stored, senders: pl.DataFrame, step_minutes: int
) -> pl.DataFrame | None:
    """Stored rows of the batch's sensors and period by place, or ``None`` where it is all new."""
    sound = frame.filter(pl.col("reason").is_null() & ~pl.col("repeats"))
    if stored.last is None or stored.between is None or sound.is_empty():
        return None
    step = step_at(pl.col("place"))
    span = sound.select(first=step.min(), last=step.max())
    times = pl.from_epoch(pl.all() * step_minutes * 60, "s").dt.replace_time_zone("UTC")
    first, last = span.select(times).row(0)
    if first > stored.last:
        return None
    positions = senders.lazy().select("sensor_id").with_row_index("sensor")
    stored_step = pl.col("timestamp").dt.epoch("us") // (step_minutes * 60_000_000)
    return (
        stored.between(first, last, senders["shard"].unique().sort().to_list())
        .join(positions, on="sensor_id")
        .select(
            place=place_of(pl.col("sensor"), stored_step),
            known="value",
            is_known=pl.lit(value=True),
        )
        .collect()
    )
