"""Batches and stores to ingest in tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from modelfleet.fleet.ingest import Account, Batch, ingest_source
from modelfleet.stores.ingestion_store import DeltaIngestionStore
from tests.fleet.ingest.test_ingest import NOW, SENSORS, settings
from tests.fleet.test_pieces import FLEET

START = datetime(2021, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Batches:
    """A source of given batches; counts nothing, reads nothing twice."""

    given: Sequence[tuple[str, pl.DataFrame]]

    def batches(self) -> list[Batch]:
        return [Batch(name, f"id-{name}", frame.lazy, rereads=True) for name, frame in self.given]


def raw(*rows: tuple[int, str, float | str | None]) -> pl.DataFrame:
    """Raw rows as text: hour, sensor, value."""
    times = [(START + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M") for hour, _, _ in rows]
    values = [None if value is None else str(value) for _, _, value in rows]
    return pl.DataFrame(
        {"time": times, "id": [sensor for _, sensor, _ in rows], "v": values},
        schema={"time": pl.String, "id": pl.String, "v": pl.String},
    )


def make_store(folder: Path) -> DeltaIngestionStore:
    """Three tables in a folder."""
    return DeltaIngestionStore(
        *(str(folder / name) for name in ("readings", "rejected", "batches"))
    )


def ingest(
    store: DeltaIngestionStore,
    *given: tuple[str, pl.DataFrame],
    corrections: bool = False,
    max_unreadable_share: float = 0.5,
    most_rows: int = 30,
    **layout: Any,
) -> Account:
    """Ingest batches, a few rows at a time."""
    changes = {"corrections": corrections, "max_unreadable_share": max_unreadable_share}
    chosen = settings(**layout).model_copy(update=changes)
    return ingest_source(
        Batches(given),
        store,
        SENSORS,
        ingestion=chosen,
        fleet=FLEET,
        now=NOW,
        most_rows=most_rows,
    )


def table(store: DeltaIngestionStore) -> list[tuple[str, datetime, float | None]]:
    """Everything stored, sorted."""
    rows = store.source().scan().select("sensor_id", "timestamp", "value").collect()
    return rows.sort("sensor_id", "timestamp").rows()
