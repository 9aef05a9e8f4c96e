"""Rows that say the same time of the same sensor: repetitions, contradictions, corrections.

A missing value says nothing, so it contradicts nothing: beside a value it is a repetition, and a
value that arrives later fills it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from modelfleet.fleet.ingest.identity import IdKind

__all__ = ["NOTHING_STORED", "Stored", "compare_with_stored", "with_repetitions"]

KEY = ["sensor_id", "time"]


@dataclass(frozen=True)
class Stored:
    """What is known before a batch.

    Attributes:
        last: the latest stored timestamp, ``None`` where nothing is stored.
        between: reads the stored rows of a period, both ends included.
        id_kind: how sensor ids were written so far, ``None`` before the first batch.
    """

    last: datetime | None = None
    between: Callable[[datetime, datetime], pl.LazyFrame] | None = None
    id_kind: IdKind | None = None


NOTHING_STORED = Stored()


def with_repetitions(frame: pl.DataFrame) -> pl.DataFrame:
    """Mark rows that repeat another of the batch (``repeats``), and reject contradictions.

    Of two values for one time no one can tell which is right: both are ``conflicting_values``.
    """
    places = frame.filter(pl.col("reason").is_null())["place"].sort()
    shared = places.filter(places.diff() == 0)
    if shared.is_empty():
        return frame.with_columns(repeats=pl.lit(value=False))
    crowded = frame.filter(pl.col("reason").is_null() & pl.col("place").is_in(shared.implode()))
    speaks_first = pl.col("row").sort_by(pl.col("number").is_null(), "row").first().over("place")
    judged = crowded.select(
        "row",
        "sensor_id",
        conflict=pl.col("number").drop_nulls().n_unique().over("place") > 1,
        repeats=pl.col("row") != speaks_first,
    )
    conflict = pl.col("conflict").fill_null(value=False)
    return (
        frame.join(judged, on=["row", "sensor_id"], how="left", maintain_order="left")
        .with_columns(
            reason=pl.when(conflict).then(pl.lit("conflicting_values")).otherwise("reason"),
            repeats=pl.col("repeats").fill_null(value=False) & ~conflict,
        )
        .drop("conflict")
    )


def compare_with_stored(frame: pl.DataFrame, stored: Stored, *, corrections: bool) -> pl.DataFrame:
    """Compare the sound rows of a batch with what is stored.

    Args:
        frame: from :func:`with_repetitions`.
        stored: what is known before the batch.
        corrections: a value that contradicts a stored one replaces it; otherwise it is rejected as
            ``conflicts_with_stored``.

    Returns:
        ``repeats`` also where the stored row says the same; ``replaces`` where the row replaces a
        stored one, and ``known``, the stored value.
    """
    sound = frame.filter(pl.col("reason").is_null() & ~pl.col("repeats"))
    first, last = sound["time"].min(), sound["time"].max()
    apart = stored.last is None or first is None or first > stored.last  # type: ignore[operator]
    if apart or stored.between is None:
        known = pl.lit(None, dtype=pl.Float64)
        return frame.with_columns(replaces=pl.lit(value=False), known=known)
    before = stored.between(first, last).select(  # type: ignore[arg-type]
        "sensor_id", time="timestamp", known="value", is_known=pl.lit(value=True)
    )
    frame = frame.join(before.collect(), on=KEY, how="left", maintain_order="left")
    compared = frame.with_columns(is_known=pl.col("is_known").fill_null(value=False))
    sound_now = pl.col("reason").is_null() & ~pl.col("repeats") & pl.col("is_known")
    same = pl.col("number").is_null() | pl.col("number").eq_missing(pl.col("known"))
    fills = pl.col("known").is_null() & pl.col("number").is_not_null()
    contradicts = sound_now & ~same & ~fills
    refused = contradicts & (not corrections)
    return compared.with_columns(
        reason=pl.when(refused).then(pl.lit("conflicts_with_stored")).otherwise("reason"),
        repeats=pl.col("repeats") | (sound_now & same),
        replaces=sound_now & ~same & ~refused,
    ).drop("is_known")
