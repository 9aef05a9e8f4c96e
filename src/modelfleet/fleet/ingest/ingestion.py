"""Takes the batches of a source that were not taken before."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from modelfleet.domain.errors import SchemaError
from modelfleet.domain.lineage import canonical_json, digest_of
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.batch import ingest_batch
from modelfleet.fleet.ingest.batches import Batch, RawSource
from modelfleet.fleet.ingest.judgement import Rules
from modelfleet.fleet.ingest.repetitions import Stored
from modelfleet.fleet.ingest.senders import MOST_ROWS
from modelfleet.fleet.ingest.store import IngestionStore

if TYPE_CHECKING:
    import pandas as pd  # takes a second to load, which forecasts can do without

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
    most_rows: int = MOST_ROWS,
) -> Account:
    """Take every batch that is new, one after the other, each whole or not at all.

    Args:
        source: where raw rows come from.
        store: where they go; knows which batches it has.
        limits: ``sensor_id``, ``kind``, ``lower_limit``, ``upper_limit`` of known sensors.
        ingestion: layout, time zone and tolerance.
        fleet: the grid and the number of shards.
        now: rows later than this are rejected.
        most_rows: rows that are worked on at a time, about.

    Returns:
        the account of all batches ever taken.

    Raises:
        ConfigurationError: what is stored was made with other settings.
        DataError: a batch cannot be read; those before it are kept.
        DataError: another ingestion is at work on the same tables.
    """
    settings = _settings(ingestion, fleet)
    rules = Rules(ingestion, fleet, now)
    with store.alone():
        store.check_settings(settings)
        listed = list(source.batches())
        kept = store.kept([batch.identity for batch in listed])
        new = [batch for batch in listed if batch.identity not in kept]
        for batch in new:
            batch.read()  # a damaged file stops a run that wrote nothing yet
        for position, batch in enumerate(new, start=1):
            with store.writer(batch.identity) as writer:
                # Asked after the writer began: it is refused if anything was kept since.
                stored = Stored(store.last_time(), store.between, store.id_kind())
                account = ingest_batch(
                    batch,
                    limits,
                    writer,
                    rules=rules,
                    settings=settings,
                    stored=stored,
                    most_rows=most_rows,
                )
            _tell(account, position, len(new))
        if new:
            store.compact(ingestion.most_small_files)
        else:
            logger.info("readings: nothing new, no new version")
    return Account.total(store.accounts())


def as_source(raw: Any) -> RawSource:
    """A source of whatever a dataset of the catalog loads: a source, or one table of rows."""
    if hasattr(raw, "batches"):
        source: RawSource = raw
        return source
    if not isinstance(raw, pl.LazyFrame | pl.DataFrame) and not _is_pandas(raw):
        raise SchemaError(
            f"raw readings are a {type(raw).__name__}; the catalog entry must load batches, a "
            "Polars or a pandas table"
        )
    return _OneTable(raw)


def _is_pandas(raw: Any) -> bool:
    import pandas as pd

    return isinstance(raw, pd.DataFrame)


class _OneTable:
    """A table as a single batch; what it is called depends on its content."""

    def __init__(self, table: "pl.LazyFrame | pl.DataFrame | pd.DataFrame") -> None:
        polars = table if isinstance(table, pl.LazyFrame | pl.DataFrame) else pl.from_pandas(table)
        self._frame = polars.lazy().collect()

    def batches(self) -> Iterable[Batch]:
        """See :class:`~modelfleet.fleet.ingest.batches.RawSource`."""
        identity = digest_of(str(self._frame.schema), self._frame.write_csv(None))
        return [Batch("raw readings", identity, self._frame.lazy, rereads=True)]


def _settings(ingestion: IngestionParameters, fleet: FleetParameters) -> str:
    """What shapes stored readings: another time zone or grid would contradict what is there."""
    return canonical_json(
        {
            "readings": ingestion.readings.model_dump(mode="json"),
            "aggregation": ingestion.model_dump(mode="json")["aggregation"],
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
