"""Takes the batches of a source that were not taken before."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pandas as pd
import polars as pl

from modelfleet.domain.errors import DataError, SchemaError
from modelfleet.domain.lineage import canonical_json, digest_of
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.batches import Batch, RawSource
from modelfleet.fleet.ingest.readings import ingest_readings
from modelfleet.fleet.ingest.repetitions import Stored
from modelfleet.fleet.ingest.store import IngestionStore

__all__ = ["as_source", "ingest_source"]

logger = logging.getLogger(__name__)


def ingest_source(
    source: RawSource,
    store: IngestionStore,
    limits: pl.DataFrame,
    *,
    ingestion: IngestionParameters,
    fleet: FleetParameters,
    now: datetime,
) -> Account:
    """Take every batch that is new, one after the other, each whole or not at all.

    Args:
        source: where raw rows come from.
        store: where they go; knows which batches it has.
        limits: ``sensor_id``, ``lower_limit``, ``upper_limit``: physical limits of known sensors.
        ingestion: layout, time zone and tolerance.
        fleet: the grid and the number of shards.
        now: rows later than this are rejected.

    Returns:
        the account of all batches ever taken.

    Raises:
        ConfigurationError: what is stored was made with other settings.
        DataError: a batch cannot be read; those before it are kept.
    """
    settings = _settings(ingestion, fleet)
    store.check_settings(settings)
    # All are opened before the first is kept: a damaged file stops a run that wrote nothing yet.
    new = [(b, b.read()) for b in source.batches() if not store.has(b.identity)]
    for position, (batch, rows) in enumerate(new, start=1):
        stored = Stored(store.last_time(), store.between, store.id_kind())
        with _named(batch):
            done = ingest_readings(
                rows,
                limits,
                ingestion=ingestion,
                fleet=fleet,
                now=now,
                name=batch.name,
                stored=stored,
            )
        store.keep(batch.identity, done, settings=settings)
        _tell(done.account, position, len(new))
    if not new:
        logger.info("readings: nothing new, no new version")
    return Account.total(store.accounts())


@contextmanager
def _named(batch: Batch) -> Iterator[None]:
    """Say which batch it was that could not be read to its end."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(
            f"{batch.name}: the rows cannot be read: {error}; nothing of it was stored; deliver it "
            "again"
        ) from error


def as_source(raw: Any) -> RawSource:
    """A source of whatever a dataset of the catalog loads: a source, or one table of rows."""
    if isinstance(raw, pl.LazyFrame | pl.DataFrame | pd.DataFrame):
        return _OneTable(raw)
    if not hasattr(raw, "batches"):
        raise SchemaError(
            f"raw readings are a {type(raw).__name__}; the catalog entry must load batches, a "
            "Polars or a pandas table"
        )
    source: RawSource = raw
    return source


class _OneTable:
    """A table as a single batch; what it is called depends on its content."""

    def __init__(self, table: pl.LazyFrame | pl.DataFrame | pd.DataFrame) -> None:
        polars = pl.from_pandas(table) if isinstance(table, pd.DataFrame) else table
        self._frame = polars.lazy().collect()

    def batches(self) -> Iterable[Batch]:
        """See :class:`~modelfleet.fleet.ingest.batches.RawSource`."""
        identity = digest_of(str(self._frame.schema), self._frame.write_csv(None))
        return [Batch("raw readings", identity, self._frame.lazy)]


def _settings(ingestion: IngestionParameters, fleet: FleetParameters) -> str:
    """What shapes stored readings: another time zone or grid would contradict what is there."""
    return canonical_json(
        {
            "readings": ingestion.readings.model_dump(mode="json"),
            "frequency": fleet.frequency,
            "shards": fleet.shards,
        }
    )


def _tell(account: Account, position: int, batches: int) -> None:
    logger.info(
        "batch %d of %d, %s: %d rows, %d stored, %d duplicates, %d rejected",
        position,
        batches,
        account.batch,
        account.rows_in,
        account.stored,
        account.duplicates,
        sum(account.rejected.values()),
    )
    if account.late or account.corrections:
        logger.warning(
            "%s: %d late rows and %d corrections change the past; models that learned from it are "
            "trained again",
            account.batch,
            account.late,
            account.corrections,
        )
