"""Holds readings until a file for each shard is worth it, and writes these."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from modelfleet.fleet.ingest.runs import Runs
from modelfleet.stores.delta_commit import NewFiles, statistics_of

__all__ = ["HeldReadings"]

MOST = 16_000_000
"""Rows that are held: a quarter of a gigabyte."""

ROW_GROUP = 250_000
"""Rows that a reader may pass over together."""

Sensor = tuple[str, pl.DataFrame]
"""An id and its rows."""


@dataclass
class HeldReadings:
    """Rows that wait for more rows of their shards.

    Attributes:
        files: where they go.
        most: rows that are held at most.
    """

    files: NewFiles
    most: int = MOST
    _rows: int = field(init=False, default=0)
    _shards: dict[int, list[Sensor]] = field(init=False, default_factory=lambda: defaultdict(list))

    def add(self, readings: Runs) -> None:
        """Take rows; each sensor comes once."""
        for shard, name, rows in readings.by_sensor():
            self._shards[shard].append((name, rows))
        self._rows += readings.rows.height
        if self._rows >= self.most:
            self.flush()

    def flush(self) -> None:
        """Write what is held, a file for each shard.

        Raises:
            DataError: it cannot be written.
        """
        with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
            written = pool.map(_written, self._shards.values())
            for shard, (content, statistics) in zip(self._shards, written, strict=True):
                self.files.put(content, statistics, shard=shard)
        self._shards.clear()
        self._rows = 0


def _written(sensors: Sequence[Sensor]) -> tuple[memoryview, str]:
    """A file with the rows of some sensors, and its statistics."""
    ordered = sorted(sensors, key=lambda each: each[0])
    names = [name for name, _ in ordered]
    rows = pl.concat([frame for _, frame in ordered])
    content = _as_parquet(names, [frame.height for _, frame in ordered], rows)
    return content, statistics_of(rows.height, [pl.Series("sensor_id", names), *rows])


def _as_parquet(names: list[str], lengths: list[int], rows: pl.DataFrame) -> memoryview:
    """A Parquet file with ``sensor_id``, ``timestamp`` and ``value``.

    Arrow is told what Polars would have to find out: which ids come again and again, and that
    values do not.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = np.repeat(np.arange(len(names), dtype=np.int32), lengths)
    ids = pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(names, pa.string()))
    columns = {"sensor_id": ids, **{name: rows[name].to_arrow() for name in ("timestamp", "value")}}
    content = pa.BufferOutputStream()  # whose memory Arrow keeps for the next file
    pq.write_table(
        pa.table(columns),
        content,
        row_group_size=ROW_GROUP,
        compression="snappy",
        use_dictionary=["sensor_id", "timestamp"],
        write_statistics=["timestamp"],
        store_schema=False,  # which would say that ids are numbers
    )
    return memoryview(content.getvalue()).cast("B")
