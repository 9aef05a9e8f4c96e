"""Readings, rejected rows and accounts in three Delta tables that are appended batch by batch."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from modelfleet.domain.errors import ConfigurationError, DataError
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.identity import IdKind
from modelfleet.stores.batch_writer import (
    ACCOUNT,
    BATCH,
    ID_KIND,
    LAST,
    REFUSED,
    SETTINGS,
    DeltaBatchWriter,
    complete_batch,
)
from modelfleet.stores.compaction import compact_readings
from modelfleet.stores.delta import commit_value, open_table, scan_table
from modelfleet.stores.delta_commit import NewFiles
from modelfleet.stores.describe import DescribedDataset, absolute
from modelfleet.stores.objects import Objects
from modelfleet.stores.readings import DeltaReadings, open_readings
from modelfleet.stores.turns import one_at_a_time

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["DeltaIngestionStore", "IngestionStoreDataset"]


@dataclass(frozen=True)
class DeltaIngestionStore:
    """An :class:`~modelfleet.fleet.ingest.store.IngestionStore` in Delta.

    Attributes:
        readings: path of the table of readings, partitioned by shard.
        rejected: path of the table of rejected rows.
        batches: path of the table with one account per batch.
        protected_by: the environment that alone may write them; ``None`` where this one may.
    """

    readings: str
    rejected: str
    batches: str
    protected_by: str | None = None

    def check_settings(self, settings: str) -> None:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        known = commit_value(open_table(self.readings), SETTINGS)
        if known is not None and known != settings:
            raise ConfigurationError(
                f"the readings at {self.readings} were made with other settings: {known}; now they "
                f"are {settings}; go back to them, or move the tables away and ingest anew"
            )

    def alone(self) -> AbstractContextManager[None]:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        self._check_writable()
        return one_at_a_time(self.readings)

    def kept(self, identities: Collection[str]) -> set[str]:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        done = _known(open_table(self.batches), identities)
        readings = open_table(self.readings)
        left = _known(readings, set(identities) - done)
        if readings is not None and left and self.protected_by is None:
            commits = {c[BATCH]: c for c in readings.history() if c.get(BATCH) in left}
            for identity in filter(left.__contains__, identities):
                self._complete(identity, commits[identity])
        return done | left

    def last_time(self) -> datetime | None:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        text = commit_value(open_table(self.readings), LAST)
        return datetime.fromisoformat(text) if text else None

    def id_kind(self) -> IdKind | None:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        kind = commit_value(open_table(self.readings), ID_KIND)
        return "number" if kind == "number" else "text" if kind == "text" else None

    def between(self, first: datetime, last: datetime, shards: Sequence[int]) -> pl.LazyFrame:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        period = pl.col("timestamp").is_between(first, last)
        return scan_table(self.readings).filter(period & pl.col("shard").is_in(list(shards)))

    @contextmanager
    def writer(self, identity: str) -> Iterator[DeltaBatchWriter]:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        self._check_writable()
        table = open_table(self.readings)
        writer = DeltaBatchWriter(table, self.readings, self.rejected, self.batches, identity)
        try:
            yield writer
        finally:
            writer.abandon()

    def compact(self, most: int) -> None:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        self._check_writable()
        compact_readings(self.readings, most)

    def accounts(self) -> list[Account]:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        if open_table(self.batches) is None:
            return []
        rows = scan_table(self.batches).select("number", "account").collect().sort("number")
        return [Account(**json.loads(text)) for text in rows["account"]]

    def sensor_ids(self) -> list[str]:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        found = open_readings(self.readings)
        return [] if found is None else found.spans()["sensor_id"].to_list()

    def source(self) -> DeltaReadings:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        found = open_readings(self.readings, protected_by=self.protected_by)
        if found is None:
            raise DataError(
                "not one row could be stored; `rejected_readings` in the catalog says why"
            )
        return found

    def rejected_rows(self) -> pl.LazyFrame:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        return scan_table(self.rejected)

    def batch_rows(self) -> pl.LazyFrame:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        return scan_table(self.batches)

    def _check_writable(self) -> None:
        Objects(self.readings, self.protected_by).check_writable()

    def _complete(self, identity: str, commit: Mapping[str, Any]) -> None:
        """Finish a batch whose readings are stored and whose account is not."""
        refused = NewFiles.of_text(self.rejected, commit.get(REFUSED, "[]"))
        complete_batch(self.batches, identity, Account(**json.loads(commit[ACCOUNT])), refused)


def _known(table: "DeltaTable | None", identities: Collection[str]) -> set[str]:
    """Of some transactions those that a table knows."""
    if table is None:
        return set()
    return {each for each in identities if table.transaction_version(each) is not None}


class IngestionStoreDataset(DescribedDataset[Any, DeltaIngestionStore]):
    """Hands out the store; nothing is saved through it.

    Args:
        filepath: table of readings.
        rejected: ``filepath`` of the table of rejected rows.
        batches: ``filepath`` of the table of accounts.
        metadata: layer and description for Kedro-Viz.
    """

    opens_a_door = True

    def __init__(
        self,
        *,
        filepath: str,
        rejected: dict[str, str],
        batches: dict[str, str],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._rejected = absolute(rejected["filepath"])
        self._batches = absolute(batches["filepath"])

    def load(self) -> DeltaIngestionStore:
        """The store at the configured places."""
        places = (self._filepath, self._rejected, self._batches)
        return DeltaIngestionStore(*places, self.protected_by)

    def save(self, data: Any) -> None:
        """Refused: batches are kept by the ingestion stage while it runs."""
        from kedro.io import DatasetError

        raise DatasetError("the ingestion store is written batch by batch, not by a node's output")

    def _exists(self) -> bool:
        return True
