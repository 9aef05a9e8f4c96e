"""Where a row belongs: one number by which rows are compared and sorted.

Sorting and comparing millions of texts is what would take the time of ingestion.
"""

import polars as pl

from modelfleet.fleet.shards import shards_of

__all__ = ["with_place"]

TIME_BITS = 32


def with_place(frame: pl.DataFrame, *, shards: int, step_minutes: int) -> pl.DataFrame:
    """Add ``shard`` and ``place``; for a row without a sensor, or off the grid, they mean nothing.

    Equal sensor and time give equal places, and places are in the order of shard, sensor and time.

    Args:
        frame: with ``sensor_id`` and ``time``, which lies on the grid.
        shards: number of shards of the fleet.
        step_minutes: of the grid.
    """
    known = shards_of(frame["sensor_id"].unique().drop_nulls(), shards)
    table = known.sort("shard", "sensor_id").with_row_index("rank")
    step = step_minutes * 60_000_000
    # Counted from long before any plausible time, so that no index is negative.
    index = pl.col("time").dt.epoch("us") // step + (1 << (TIME_BITS - 1))
    place = pl.col("rank").cast(pl.Int64) * (1 << TIME_BITS) + index
    joined = frame.join(table, on="sensor_id", how="left", maintain_order="left")
    return joined.with_columns(place=place).drop("rank")
