"""Readings, rejected rows and accounts in three Delta tables that are appended batch by batch.

Each batch makes at most one commit per table, under its identity as Delta application transaction.
The account is written last: a batch is there when its account is. A run after one that was killed
finds what the batch already left and goes on from there.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from modelfleet.domain.errors import ConfigurationError, DataError
from modelfleet.domain.lineage import canonical_json
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.digests import ContentDigest, add_digests, digest_shards
from modelfleet.fleet.ingest.identity import IdKind
from modelfleet.fleet.ingest.readings import Ingested
from modelfleet.stores.delta import RETENTION, commit_value, open_table, scan_table
from modelfleet.stores.describe import DescribedDataset, absolute
from modelfleet.stores.readings import DIGESTS, DeltaReadings, open_readings

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["DeltaIngestionStore", "IngestionStoreDataset"]

SETTINGS = "settings"
LAST = "last_time"
ACCOUNT = "account"
BATCH = "batch"
ID_KIND = "id_kind"
WRITERS = "modelfleet.ingestion"
"""Every commit to readings claims the next number of this name, so that two ingestions at once
cannot both go through: the digests of the later one would forget the earlier one's rows."""


@dataclass(frozen=True)
class DeltaIngestionStore:
    """An :class:`~modelfleet.fleet.ingest.store.IngestionStore` in Delta.

    Attributes:
        readings: path of the table of readings, partitioned by shard.
        rejected: path of the table of rejected rows.
        batches: path of the table with one account per batch.
    """

    readings: str
    rejected: str
    batches: str

    def check_settings(self, settings: str) -> None:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        known = commit_value(open_table(self.readings), SETTINGS)
        if known is not None and known != settings:
            raise ConfigurationError(
                f"the readings at {self.readings} were made with other settings: {known}; now they "
                f"are {settings}; go back to them, or move the tables away and ingest anew"
            )

    def has(self, identity: str) -> bool:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        table = open_table(self.batches)
        return table is not None and table.transaction_version(identity) is not None

    def last_time(self) -> datetime | None:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        text = commit_value(open_table(self.readings), LAST)
        return datetime.fromisoformat(text) if text else None

    def id_kind(self) -> IdKind | None:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        kind = commit_value(open_table(self.readings), ID_KIND)
        return "number" if kind == "number" else "text" if kind == "text" else None

    def between(self, first: datetime, last: datetime) -> pl.LazyFrame:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        return scan_table(self.readings).filter(pl.col("timestamp").is_between(first, last))

    def keep(self, identity: str, batch: Ingested, *, settings: str) -> None:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        left = self._left_by_a_killed_run(identity)
        account = left or batch.account
        self._append(self.rejected, batch.rejected, identity)
        if left is None:
            self._commit_readings(identity, batch, settings)
        known = open_table(self.batches)
        number = 0 if known is None else known.version() + 1
        self._append(self.batches, _account_row(number, account), identity, marks=True)

    def accounts(self) -> list[Account]:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        if open_table(self.batches) is None:
            return []
        rows = scan_table(self.batches).select("number", "account").collect().sort("number")
        return [Account(**json.loads(text)) for text in rows["account"]]

    def sensor_ids(self) -> list[str]:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        if open_table(self.readings) is None:
            return []
        ids = scan_table(self.readings).select(pl.col("sensor_id").unique()).collect()
        return sorted(ids["sensor_id"])

    def source(self) -> DeltaReadings:
        """See :class:`~modelfleet.fleet.ingest.store.IngestionStore`."""
        found = open_readings(self.readings)
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

    def _left_by_a_killed_run(self, identity: str) -> Account | None:
        """The account of a batch whose readings are stored and whose account is not."""
        table = open_table(self.readings)
        if table is None or table.transaction_version(identity) is None:
            return None
        commits = (c for c in table.history() if c.get(BATCH) == identity)
        return Account(**json.loads(next(commits)[ACCOUNT]))

    def _commit_readings(self, identity: str, batch: Ingested, settings: str) -> None:
        """Append new rows; where stored ones are replaced, rewrite their shards in one commit."""
        if batch.readings.is_empty() and batch.corrections.is_empty():
            return
        table = open_table(self.readings)
        values = {**self._values(table, batch), SETTINGS: settings, BATCH: identity}
        turn = 1 + ((table.transaction_version(WRITERS) or 0) if table is not None else 0)
        transactions = [(identity, 1), (WRITERS, turn)]
        if batch.corrections.is_empty():
            _write(table or self.readings, batch.readings, transactions, values=values)
            return
        changed = self._with_corrections(batch)
        shards = ", ".join(str(shard) for shard in sorted(set(changed["shard"])))
        predicate = f"shard IN ({shards})"
        _write(table or self.readings, changed, transactions, values=values, predicate=predicate)

    def _with_corrections(self, batch: Ingested) -> pl.DataFrame:
        """Everything that the touched shards hold after the batch."""
        new = pl.concat([batch.corrections, batch.readings])
        shards = new["shard"].unique().implode()
        kept = (
            scan_table(self.readings)
            .filter(pl.col("shard").is_in(shards))
            .join(batch.replaced.lazy(), on=["sensor_id", "timestamp"], how="anti")
            .select(new.columns)
            .collect()
        )
        return pl.concat([kept, new]).sort("shard", "sensor_id", "timestamp")

    def _values(self, table: "DeltaTable | None", batch: Ingested) -> dict[str, str]:
        """What is kept with the commit: digests and latest time of all rows, account of these."""
        stored = json.loads(commit_value(table, DIGESTS) or "{}")
        digests = {int(shard): ContentDigest.parse(text) for shard, text in stored.items()}
        digests = add_digests(digests, digest_shards(batch.replaced), sign=-1)
        for rows in (batch.corrections, batch.readings):
            digests = add_digests(digests, digest_shards(rows))
        new = [part["timestamp"].max() for part in (batch.readings, batch.corrections)]
        times = [time for time in (self.last_time(), *new) if isinstance(time, datetime)]
        return {
            DIGESTS: canonical_json({str(shard): str(d) for shard, d in digests.items()}),
            ID_KIND: batch.id_kind,
            LAST: max(times).isoformat(),
            ACCOUNT: canonical_json(batch.account.as_dict()),
        }

    def _append(
        self, path: str, frame: pl.DataFrame, identity: str, *, marks: bool = False
    ) -> None:
        """Append to a table unless this batch did so before."""
        table = open_table(path)
        if table is not None and table.transaction_version(identity) is not None:
            return
        if frame.is_empty() and table is not None and not marks:
            return
        _write(table or path, frame, [(identity, 1)])


def _account_row(number: int, account: Account) -> pl.DataFrame:
    figures = account.as_dict()
    flat = {name: figures[name] for name in ("batch", "rows_in", "stored", "duplicates", "late")}
    flat["rejected"] = sum(account.rejected.values())
    return pl.DataFrame([{"number": number, **flat, "account": canonical_json(figures)}])


def _write(
    target: "DeltaTable | str",
    frame: pl.DataFrame,
    transactions: list[tuple[str, int]],
    *,
    values: dict[str, str] | None = None,
    predicate: str | None = None,
) -> None:
    """One commit: an append, or the replacement of what ``predicate`` names.

    Args:
        target: the table as it was when ``values`` were made, or the path of a new one.
        frame: the rows; a column ``shard`` partitions a new table.
        transactions: names that this commit claims, with their versions.
        values: kept with the commit.
        predicate: rows that are replaced.
    """
    from deltalake import CommitProperties, Transaction  # loads Arrow
    from deltalake.exceptions import CommitFailedError

    properties = CommitProperties(
        custom_metadata=values or {}, app_transactions=[Transaction(*t) for t in transactions]
    )
    options: dict[str, Any] = {"commit_properties": properties}
    if isinstance(target, str):
        options["configuration"] = dict(RETENTION)
        if "shard" in frame.columns:
            options["partition_by"] = ["shard"]
    if predicate:
        options["predicate"] = predicate
    mode: Any = "overwrite" if predicate else "append"
    try:
        frame.write_delta(target, mode=mode, delta_write_options=options)
    except CommitFailedError as error:
        raise DataError(
            "another ingestion wrote to the same tables at the same time; nothing of this batch "
            "was stored; run again"
        ) from error


class IngestionStoreDataset(DescribedDataset[Any, DeltaIngestionStore]):
    """Hands out the store; nothing is saved through it.

    Args:
        filepath: table of readings.
        rejected: ``filepath`` of the table of rejected rows.
        batches: ``filepath`` of the table of accounts.
        metadata: layer and description for Kedro-Viz.
    """

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
        return DeltaIngestionStore(self._filepath, self._rejected, self._batches)

    def save(self, data: Any) -> None:
        """Refused: batches are kept by the ingestion stage while it runs."""
        from kedro.io import DatasetError

        raise DatasetError("the ingestion store is written batch by batch, not by a node's output")

    def _exists(self) -> bool:
        return True
