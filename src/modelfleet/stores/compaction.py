"""Joins the small files that daily batches leave, so that reading a shard stays quick.

Only files that are small are joined, so a row is written again a few times and not with every
batch. The commit says that no data changed: digests and account stay what they were, and older
versions read the files that they always read.
"""

import logging
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from modelfleet.fleet.ingest.readings import READINGS_SCHEMA
from modelfleet.stores.batch_writer import ID_KIND, LAST, SETTINGS, next_turn
from modelfleet.stores.delta import commit_value, open_table
from modelfleet.stores.delta_commit import NewFiles, commit_files
from modelfleet.stores.readings import DIGESTS

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["SMALL", "compact_readings"]

logger = logging.getLogger(__name__)

SMALL = 250_000
"""Rows below which a file is small: about two megabytes."""

CARRIED = (DIGESTS, ID_KIND, LAST, SETTINGS)


def compact_readings(path: str, most: int) -> None:
    """Join the small files of each shard that has more than ``most`` of them.

    Args:
        path: of the table of readings; nothing happens where there is none.
        most: small files that a shard may have.

    Raises:
        DataError: another ingestion wrote at the same time; nothing was joined.
    """
    table = open_table(path)
    crowded = {} if table is None else _crowded(table, most)
    if table is None or not crowded:
        return
    files, gone = NewFiles(path), []
    try:
        for shard, paths in crowded.items():
            places = [f"{path}/{name}" for name in paths]
            rows = pl.read_parquet(places, hive_partitioning=False, glob=False)
            files.write(rows.sort("sensor_id", "timestamp"), shard=shard, news=False)
            gone += [(name, shard) for name in paths]
        commit_files(
            table, READINGS_SCHEMA, files, [next_turn(table)], values=_carried(table), removed=gone
        )
        logger.info(
            "readings: joined %d small files of %d shards; older versions stay readable",
            len(gone),
            len(crowded),
        )
        files.added.clear()
    finally:
        files.remove()


def _crowded(table: "DeltaTable", most: int) -> dict[int, list[str]]:
    """Small files by shard, where there are too many."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    small = actions.filter(pl.col("num_records") < SMALL).sort("path")
    by_shard: dict[int, list[str]] = defaultdict(list)
    for name, shard in small.select("path", "partition.shard").iter_rows():
        by_shard[int(shard)].append(unquote(name))
    return {shard: paths for shard, paths in sorted(by_shard.items()) if len(paths) > most}


def _carried(table: "DeltaTable") -> dict[str, str]:
    """What the newest batch kept with its commit, so that it stays within reach."""
    found = {key: commit_value(table, key) for key in CARRIED}
    return {key: value for key, value in found.items() if value is not None}
