"""The readings of a fleet: a Delta table partitioned by shard."""

import functools
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from kedro.io import DatasetError

from modelfleet.fleet.extract import Extract
from modelfleet.fleet.spans import join_spans, spans_of
from modelfleet.stores.delta import open_table, scan_table, value_of_version
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.extract import extract_period
from modelfleet.stores.frames import TablePreview
from modelfleet.stores.known_spans import files_since, keep_spans, known_spans, told_spans
from modelfleet.stores.objects import Objects
from modelfleet.stores.order import by_sensor_and_time

__all__ = [
    "DIGESTS",
    "DeltaReadings",
    "ReadingsDataset",
    "digests_of_version",
    "open_readings",
]

DIGESTS = "shard_digests"


@dataclass(frozen=True)
class DeltaReadings:
    """One version of a table of readings: a :class:`~modelfleet.fleet.sharded.ReadingsSource`.

    Attributes:
        path: of the Delta table.
        table_id: of the Delta table.
        version: of the Delta table; what is read does not change any more.
        digests: shard to digest of its content.
        protected_by: the environment that alone may write beside the table; ``None`` where this
            one may.
    """

    path: str
    table_id: str
    version: int
    digests: Mapping[int, str]
    protected_by: str | None = None

    def shards(self) -> Mapping[int, str]:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        return self.digests

    def read(self, shard: int, *, only: Collection[str] | None = None) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        part = self.scan().filter(pl.col("shard") == shard)
        if only is not None:
            part = part.filter(pl.col("sensor_id").is_in(list(only)))
        rows = part.select("sensor_id", "timestamp", "value").collect()
        # Delta promises no order: batches follow each other, and compaction may change it.
        return by_sensor_and_time(rows)

    def scan(self) -> pl.LazyFrame:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        return _opened(self.path, self.version, self.table_id)

    def between(self, since: datetime | None, until: datetime) -> Extract:
        """See :class:`~modelfleet.fleet.extract.StoredReadings`."""
        return extract_period(self.path, self.version, since, until)

    def news(self) -> pl.LazyFrame:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        known = known_spans(self.path, self.table_id, self.version)
        rows = None if known is None else self.since(known[0])
        return self.scan() if rows is None else rows

    def spans(self) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        return _spans(self.path, self.version, self.table_id)

    def settle(self) -> None:
        """Keep with the table what is known of this version, so that a later one has fewer news.

        Raises:
            ProtectedError: another environment alone may write there.
        """
        Objects(self.path, self.protected_by).check_writable()
        known = known_spans(self.path, self.table_id, self.version)
        if known is None or known[0] < self.version:
            keep_spans(self.path, self.table_id, self.version, self.spans())

    def identity(self) -> Mapping[str, str | int]:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        return {"table_id": self.table_id, "version": self.version}

    def since(self, version: int) -> pl.LazyFrame | None:
        """Rows of the files that an older version did not have; ``None`` where rows are gone."""
        files = files_since(self.path, self.table_id, self.version, version)
        if files is None:
            return None
        if not files:
            return self.scan().head(0)
        places = [f"{self.path}/{name}" for name in files]
        return pl.scan_parquet(places, hive_partitioning=False, glob=False)


class ReadingsDataset(DescribedDataset[DeltaReadings, DeltaReadings]):
    """Loads a handle that reads the fleet's readings shard by shard.

    The ingestion stage keeps readings batch by batch in its store; what its node hands over is the
    version it left. Saving that writes no reading; a version that is saved passed its validator, so
    what is known of it is kept for the next one.

    Args:
        filepath: folder or URL of the Delta table.
        pinned: whether the version that is opened first is opened again and again: others ingest
            while a run is at work, and all its stages are to see the same readings.
        metadata: layer and description for Kedro-Viz.
    """

    def __init__(
        self, *, filepath: str, pinned: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._pinned = pinned
        self._first: DeltaReadings | None = None

    def load(self) -> DeltaReadings:
        """Open the current version, or the one that was opened first."""
        found = self._first or open_readings(self._filepath, protected_by=self.protected_by)
        if found is None:
            raise DatasetError(
                f"there are no readings at {self._filepath}; "
                "run `kedro run --pipelines ingestion` first"
            )
        self._first = found if self._pinned else None
        return found

    def save(self, data: DeltaReadings) -> None:
        """Check that the readings lie where the catalog says, and settle their version."""
        if data.path != self._filepath:
            raise DatasetError(
                f"readings were kept at {data.path}, but the catalog expects {self._filepath}; "
                "give readings and ingestion_store the same filepath"
            )
        data.settle()

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows of the first shard, for Kedro-Viz."""
        readings = self.load()
        head = readings.read(min(readings.shards())).head(nrows)
        text = head.with_columns(pl.all().cast(pl.String))
        return TablePreview(text.to_pandas().to_dict(orient="split"))

    def _exists(self) -> bool:
        return open_table(self._filepath) is not None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "format": "delta", "partition_by": "shard"}


def open_readings(path: str, *, protected_by: str | None = None) -> DeltaReadings | None:
    """The current version of a table of readings, or ``None`` where there is none.

    Args:
        path: of the table.
        protected_by: see :class:`DeltaReadings`.
    """
    table = open_table(path)
    digests = None if table is None else digests_of_version(path, table.version())
    if table is None or digests is None:
        return None
    table_id = str(table.metadata().id)
    return DeltaReadings(path, table_id, table.version(), digests, protected_by)


def digests_of_version(path: str, version: int) -> dict[int, str] | None:
    """Digest of each shard as a version of the readings holds it."""
    text = value_of_version(path, version, DIGESTS)
    return None if text is None else {int(s): digest for s, digest in json.loads(text).items()}


@functools.lru_cache(maxsize=2)
def _opened(path: str, version: int, table_id: str) -> pl.LazyFrame:  # noqa: ARG001  part of the key
    """A version of a table, opened once in a process rather than once for each shard.

    What a version holds never changes; a table that takes the place of another has its own id.
    """
    return scan_table(path, version=version)


@functools.lru_cache(maxsize=2)
def _spans(path: str, version: int, table_id: str) -> pl.DataFrame:
    """Spans of a version, found once in a process: whatever is kept of it meanwhile is the same."""
    told = told_spans(path, table_id, version)
    if told is not None:
        return told
    readings = DeltaReadings(path, table_id, version, {})
    known = known_spans(path, table_id, version)
    if known is None:
        return spans_of(readings.scan())
    since, spans = known
    rows = readings.since(since)
    return spans_of(readings.scan()) if rows is None else join_spans(spans, spans_of(rows))
