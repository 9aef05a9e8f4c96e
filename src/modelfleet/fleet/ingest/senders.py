"""Who sent the rows of a batch, and the slices in which they are worked on."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from modelfleet.fleet.ingest.identity import one_form
from modelfleet.fleet.shards import shards_of

__all__ = ["MOST_ROWS", "Slice", "list_senders", "slices"]

MOST_ROWS = 4_000_000
"""Rows that are held in memory at a time; a shard is never split."""

STRETCH = 1_000_000
"""Rows of a stretch of the source: so few that one takes the memory of the one before."""


def list_senders(raw_ids: pl.DataFrame, limits: pl.DataFrame, *, shards: int) -> pl.DataFrame:
    """Sensors of a batch.

    Args:
        raw_ids: ``raw_id``, ``rows`` and the like, as
            :class:`~modelfleet.fleet.ingest.layout.Survey` has it.
        limits: ``sensor_id``, ``kind``, ``lower_limit``, ``upper_limit`` of known sensors.
        shards: number of shards of the fleet.

    Returns:
        one row per way of writing an id: the given columns, ``sensor_id``, ``shard`` and the known
        ones, sorted by shard and sensor; ``shard`` is null for rows without an id.
    """
    text = one_form(raw_ids["raw_id"])
    senders = raw_ids.with_columns(sensor_id=text.set(text == "", None))
    known = limits.select("sensor_id", "kind", "lower_limit", "upper_limit")
    by_shard = shards_of(senders["sensor_id"].drop_nulls(), shards)
    joined = senders.join(by_shard, on="sensor_id", how="left").join(
        known, on="sensor_id", how="left"
    )
    return joined.sort("shard", "sensor_id", "raw_id", nulls_last=False)


@dataclass(frozen=True)
class Slice:
    """Rows that are worked on at a time: all that some sensors sent.

    Attributes:
        senders: who sent them, from :func:`list_senders`.
        lines: the first of the source and the one after the last, where all rows between them and
            no others are meant.
        together: whether rows of a sensor follow each other.
    """

    senders: pl.DataFrame
    lines: tuple[int, int] | None = None
    together: bool = False


def slices(senders: pl.DataFrame, most_rows: int, *, whole_shards: bool = True) -> Iterator[Slice]:
    """Cut a batch into slices with about ``most_rows`` rows at most.

    Args:
        senders: of the batch.
        most_rows: rows of a slice; a shard may have more, a sensor may.
        whole_shards: whether slices are whole shards in any case. Otherwise, where sensors follow
            each other in the source, they are stretches of it: to read these costs a quarter of
            asking the source for some sensors, again and again.
    """
    spans = _spans(senders)
    together = bool((spans["last"] - spans["first"] < spans["rows"]).all())
    if together and spans.height and not whole_shards:
        yield from _stretches(senders, spans, min(most_rows, STRETCH))
        return
    by_shard = senders.group_by("shard", maintain_order=True).agg(pl.col("rows").sum())
    # A shard goes to the slice in which its last row falls.
    number = ((pl.col("rows").cum_sum() - 1).clip(lower_bound=0) // most_rows).alias("slice")
    placed = senders.join(
        by_shard.select("shard", number), on="shard", how="left", nulls_equal=True,
        maintain_order="left",
    )  # fmt: skip
    for part in placed.partition_by("slice", maintain_order=True, include_key=False):
        yield Slice(part, together=together)


def _spans(senders: pl.DataFrame) -> pl.DataFrame:
    """From the first to the last line of each sensor; none where lines are not known."""
    if "first" not in senders.columns:
        return pl.DataFrame(schema=SPANS)
    by_sensor = senders.drop_nulls("sensor_id").group_by("sensor_id")
    spans = by_sensor.agg(pl.col("first").min(), pl.col("last").max(), pl.col("rows").sum())
    return spans.sort("first")


def _stretches(senders: pl.DataFrame, spans: pl.DataFrame, most_rows: int) -> Iterator[Slice]:
    """Stretches of the source; a sensor goes to the one in which its last row falls."""
    placed = spans.select("sensor_id", "first", slice=pl.col("last") // most_rows)
    lines = [0, *placed.group_by("slice").agg(pl.col("first").min()).sort("slice")["first"][1:]]
    stops = [*lines[1:], int(senders["rows"].sum())]
    parts = senders.join(placed.select("sensor_id", "slice"), on="sensor_id", maintain_order="left")
    by_slice = parts.sort("slice", maintain_order=True).partition_by("slice", maintain_order=True)
    for part, first, stop in zip(by_slice, lines, stops, strict=True):
        yield Slice(part.drop("slice"), (first, stop), together=True)


SPANS = {"sensor_id": pl.String, "first": pl.Int64, "last": pl.Int64, "rows": pl.Int64}
