"""Who sent the rows of a batch, and the slices in which they are worked on."""

from collections.abc import Iterator

import polars as pl

from modelfleet.fleet.ingest.identity import one_form
from modelfleet.fleet.shards import shards_of

__all__ = ["MOST_ROWS", "list_senders", "slices"]

MOST_ROWS = 4_000_000
"""Rows that are held in memory at a time; a shard is never split."""


def list_senders(raw_ids: pl.DataFrame, limits: pl.DataFrame, *, shards: int) -> pl.DataFrame:
    """Sensors of a batch.

    Args:
        raw_ids: ``raw_id`` and ``rows``, as :class:`~modelfleet.fleet.ingest.layout.Survey` has it.
        limits: ``sensor_id``, ``kind``, ``lower_limit``, ``upper_limit`` of known sensors.
        shards: number of shards of the fleet.

    Returns:
        one row per way of writing an id: ``raw_id``, ``rows``, ``sensor_id``, ``shard`` and the
        known columns, sorted by shard and sensor; ``shard`` is null for rows without an id.
    """
    text = one_form(raw_ids["raw_id"])
    senders = raw_ids.with_columns(sensor_id=text.set(text == "", None))
    known = limits.select("sensor_id", "kind", "lower_limit", "upper_limit")
    by_shard = shards_of(senders["sensor_id"].drop_nulls(), shards)
    joined = senders.join(by_shard, on="sensor_id", how="left").join(
        known, on="sensor_id", how="left"
    )
    return joined.sort("shard", "sensor_id", "raw_id", nulls_last=False)


def slices(senders: pl.DataFrame, most_rows: int) -> Iterator[pl.DataFrame]:
    """Cut a list of senders into runs of whole shards with about ``most_rows`` rows at most."""
    by_shard = senders.group_by("shard", maintain_order=True).agg(pl.col("rows").sum())
    # A shard goes to the slice in which its last row falls.
    number = ((pl.col("rows").cum_sum() - 1).clip(lower_bound=0) // most_rows).alias("slice")
    placed = senders.join(
        by_shard.select("shard", number), on="shard", how="left", nulls_equal=True,
        maintain_order="left",
    )  # fmt: skip
    yield from placed.partition_by("slice", maintain_order=True, include_key=False)
