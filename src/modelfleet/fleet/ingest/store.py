"""Where ingestion keeps what it made of raw rows."""

from datetime import datetime
from typing import Protocol

import polars as pl

from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.identity import IdKind
from modelfleet.fleet.ingest.readings import Ingested
from modelfleet.fleet.sharded import ReadingsSource

__all__ = ["IngestionStore"]


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

    def has(self, identity: str) -> bool:
        """Whether a batch was kept before."""
        ...

    def last_time(self) -> datetime | None:
        """The latest stored timestamp, ``None`` before the first batch."""
        ...

    def id_kind(self) -> IdKind | None:
        """How sensor ids were written so far, ``None`` before the first batch."""
        ...

    def between(self, first: datetime, last: datetime) -> pl.LazyFrame:
        """Stored readings of a period, both ends included."""
        ...

    def keep(self, identity: str, batch: Ingested, *, settings: str) -> None:
        """Keep what a batch was made into, and with which settings.

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
