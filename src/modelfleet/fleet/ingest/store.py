"""Where ingestion keeps what it made of raw rows."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import polars as pl

from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.identity import IdKind
from modelfleet.fleet.ingest.readings import Ingested
from modelfleet.fleet.sharded import ReadingsSource

__all__ = ["BatchWriter", "IngestionStore"]


class BatchWriter(Protocol):
    """Takes a batch part by part; nothing of it is seen before it is committed."""

    def add(self, part: Ingested) -> None:
        """Take what some sensors get; other parts bring nothing for these sensors.

        A part with corrections is all that the batch brings for its shards.
        """
        ...

    def commit(self, account: Account, *, settings: str, id_kind: IdKind) -> None:
        """Make the batch part of the tables, as a whole.

        Args:
            account: of the whole batch.
            settings: with which it was made.
            id_kind: how it writes sensor ids.

        Raises:
            DataError: another ingestion kept something at the same time.
        """
        ...


class IngestionStore(Protocol):
    """Readings, rejected rows and the account of each batch, appended batch by batch.

    A batch is there as a whole or not at all, whatever happens while it is kept.
    """

    def check_settings(self, settings: str) -> None:
        """Make sure that what is stored was made with the same settings.

        Raises:
            ConfigurationError: they were made with others.
        """
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Keep other ingestions away as long as the context lasts.

        Raises:
            DataError: another one is at work.
        """
        ...

    def kept(self, identities: Collection[str]) -> set[str]:
        """Which batches were kept before; completes those that a killed run had nearly kept."""
        ...

    def last_time(self) -> datetime | None:
        """The latest stored timestamp, ``None`` before the first batch."""
        ...

    def id_kind(self) -> IdKind | None:
        """How sensor ids were written so far, ``None`` before the first batch."""
        ...

    def between(self, first: datetime, last: datetime, shards: Sequence[int]) -> pl.LazyFrame:
        """Stored readings of a period, both ends included, and of some shards."""
        ...

    def writer(self, identity: str) -> AbstractContextManager[BatchWriter]:
        """Begin to keep a batch; what was written and not committed is removed at the end."""
        ...

    def compact(self, most: int) -> None:
        """Join the small files of a shard that has more than ``most``; old versions stay readable.

        Raises:
            DataError: another ingestion kept something at the same time.
        """
        ...

    def accounts(self) -> list[Account]:
        """The account of every batch that was kept, in order."""
        ...

    def sensor_ids(self) -> list[str]:
        """Every sensor that ever sent a stored reading, sorted."""
        ...

    def source(self) -> ReadingsSource:
        """The stored readings.

        Raises:
            DataError: there are none.
        """
        ...

    def rejected_rows(self) -> pl.LazyFrame:
        """All rejected rows."""
        ...

    def batch_rows(self) -> pl.LazyFrame:
        """One row per batch."""
        ...
