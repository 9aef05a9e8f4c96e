"""Shards: the fixed shares of a fleet in which it is stored and computed."""

from collections.abc import Iterable

import polars as pl

from modelfleet.domain.lineage import stable_hash

__all__ = ["shard_of", "shards_of", "with_shard"]


def shard_of(sensor_id: str, shards: int) -> int:
    """The shard that a sensor belongs to, for ever: 0 to ``shards - 1``."""
    return stable_hash(sensor_id) % shards


def shards_of(sensor_ids: Iterable[str], shards: int) -> pl.DataFrame:
    """A table ``sensor_id``, ``shard`` of the distinct ids."""
    ids = sorted(set(sensor_ids))
    return pl.DataFrame(
        {"sensor_id": ids, "shard": [shard_of(i, shards) for i in ids]},
        schema={"sensor_id": pl.String, "shard": pl.Int32},
    )


def with_shard(frame: pl.DataFrame, shards: int) -> pl.DataFrame:
    """Add the column ``shard`` to a table with ``sensor_id``."""
    table = shards_of(frame["sensor_id"].unique(), shards)
    return frame.join(table, on="sensor_id", how="left", maintain_order="left")
