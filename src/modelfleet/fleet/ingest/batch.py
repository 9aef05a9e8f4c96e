"""Ingests one batch slice by slice, so that memory does not grow with it."""

import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from modelfleet.domain.errors import DataError
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.batches import Batch
from modelfleet.fleet.ingest.clock import Clock, read_clock
from modelfleet.fleet.ingest.glance import at_a_glance, worth_a_glance
from modelfleet.fleet.ingest.identity import check_id_kind, id_kind
from modelfleet.fleet.ingest.judgement import Rules, judge_rows
from modelfleet.fleet.ingest.layout import RawRows, read_layout
from modelfleet.fleet.ingest.readings import Ingested, settle_rows
from modelfleet.fleet.ingest.repetitions import NOTHING_STORED, Stored
from modelfleet.fleet.ingest.senders import MOST_ROWS, Slice, list_senders, slices
from modelfleet.fleet.ingest.store import BatchWriter
from modelfleet.fleet.ingest.unreadable import UnreadableRows

__all__ = ["ingest_batch"]


def ingest_batch(
    batch: Batch,
    limits: pl.DataFrame,
    writer: BatchWriter,
    *,
    rules: Rules,
    settings: str = "",
    stored: Stored = NOTHING_STORED,
    most_rows: int = MOST_ROWS,
) -> Account:
    """Read a batch and keep it.

    Args:
        batch: as its source hands it over.
        limits: ``sensor_id``, ``kind``, ``lower_limit``, ``upper_limit`` of known sensors.
        writer: where its rows go.
        rules: by which they are judged.
        settings: kept with the batch.
        stored: what is known before it.
        most_rows: rows that are worked on at a time, about.

    Raises:
        SchemaError: the batch as a whole cannot be read.
        DataError: it is damaged, or more than ``max_unreadable_share`` of its rows are unreadable.
        AccountError: a row was lost.
    """
    ingestion, fleet = rules.ingestion, rules.fleet
    with _opened(batch) as raw:
        with _named(batch):
            rows = read_layout(raw, ingestion.readings, what=batch.name)
            seen = rows.survey(count_stamps=ingestion.readings.time_zone is None)
        kind = id_kind(seen.senders["raw_id"])
        check_id_kind(kind, stored.id_kind, seen.senders["raw_id"], what=batch.name)
        clock = read_clock(
            rows.stamp_kind(),
            stamps=seen.stamps,
            with_offset=seen.with_offset,
            odd_rows=rows.odd_rows,
            zone=ingestion.readings.time_zone,
            what=f"{batch.name}, column {rows.names['timestamp']!r}",
        )
        unreadable = UnreadableRows(batch.name, seen.rows, ingestion.max_unreadable_share)

        def settled() -> Iterator[Ingested]:
            known = list_senders(seen.senders, limits, shards=fleet.shards)
            # A shard that holds corrections is written anew, from all rows that concern it.
            for part in slices(known, most_rows, whole_shards=stored.last is not None):
                with _named(batch):
                    settled = _settle(
                        part, rows, clock=clock, rules=rules, stored=stored, name=batch.name
                    )
                unreadable.add(settled.rejected, settled.account.rows_in)
                yield settled

        account = Account.total(_keep(settled(), writer))
    total = replace(account, rows_in=seen.rows, batch=batch.name, ignored_columns=rows.ignored)
    total.check()
    writer.commit(total, settings=settings, id_kind=kind)
    return total


def _settle(
    part: Slice, rows: RawRows, *, clock: Clock, rules: Rules, stored: Stored, name: str
) -> Ingested:
    """What becomes of the rows of a slice."""
    asked = rows.of(part.senders["raw_id"]) if part.lines is None else rows.between(*part.lines)
    if worth_a_glance(part, clock, asked.collect_schema()["value"]):
        frame = asked.collect()
        done = at_a_glance(frame, part.senders, clock=clock, rules=rules, stored=stored, name=name)
        if done is not None:
            return done
        asked = frame.lazy()
    judged = judge_rows(asked, part.senders, clock=clock, rules=rules, what=name)
    return settle_rows(judged, part.senders, rules=rules, stored=stored, name=name)


def _keep(parts: Iterable[Ingested], writer: BatchWriter) -> list[Account]:
    """Write each part while the next one is read, which leaves no core without work."""
    accounts, last = [], None
    with ThreadPoolExecutor(1) as behind:
        for part in parts:
            if last is not None:
                last.result()
            last = behind.submit(writer.add, part)
            accounts.append(part.account)
        if last is not None:
            last.result()
    return accounts


@contextmanager
def _opened(batch: Batch) -> Iterator[pl.LazyFrame]:
    """The rows as a table that may be read several times, and is the same each time."""
    raw = batch.read()
    if batch.rereads:
        yield raw
        return
    with tempfile.TemporaryDirectory(prefix="modelfleet-") as folder:
        file = Path(folder, "batch.parquet")
        with _named(batch):
            raw.sink_parquet(file, compression="lz4")
        yield pl.scan_parquet(file, glob=False)


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
