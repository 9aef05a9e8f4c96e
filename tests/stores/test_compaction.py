"""Small files are joined, and nothing else changes."""

from pathlib import Path

import polars as pl
import pytest

from modelfleet.domain.errors import DataError
from modelfleet.stores import compaction
from modelfleet.stores.compaction import compact_readings
from modelfleet.stores.delta import open_table
from modelfleet.stores.ingestion_store import DeltaIngestionStore
from tests.fleet.ingest.batches import ingest, make_store, raw, table
from tests.stores.test_ingestion_store import assert_digests_are_true

MOST = 4
"""Small files per shard in the tests' configuration."""


def day(number: int) -> tuple[str, pl.DataFrame]:
    """A daily batch of two sensors."""
    rows = ((24 * number + hour, s, hour) for s in "ab" for hour in range(24))
    return f"day-{number}", raw(*rows)


@pytest.fixture
def store(tmp_path: Path) -> DeltaIngestionStore:
    """A store that took so many days that its files were joined once, in an awkward folder."""
    store = make_store(tmp_path / "my data")
    for number in range(MOST + 1):
        ingest(store, *(day(n) for n in range(number + 1)))
    return store


def files(store: DeltaIngestionStore) -> list[str]:
    """Files of the newest version."""
    return [uri.rpartition("shard=")[2] for uri in open_table(store.readings).file_uris()]


def test_small_files_are_joined_when_there_are_too_many(store: DeltaIngestionStore) -> None:
    """Rows, digests, account and settings are those of before; the order is kept."""
    shards = {name.partition("/")[0] for name in files(store)}
    assert len(files(store)) == len(shards)
    assert len(table(store)) == 48 * (MOST + 1)
    assert_digests_are_true(store)
    one = pl.read_parquet(f"{store.readings}/shard={files(store)[0]}", hive_partitioning=False)
    assert one.equals(one.sort("sensor_id", "timestamp"))
    total = ingest(store, *(day(n) for n in range(MOST + 3)))
    assert total.stored == 48 * (MOST + 3)
    assert total.late == 0
    assert_digests_are_true(store)


def test_older_versions_stay_readable(store: DeltaIngestionStore) -> None:
    """What a model was trained on is still there."""
    for version in range(MOST):
        old = open_table(store.readings, version=version)
        rows = pl.scan_pyarrow_dataset(old.to_pyarrow_dataset()).collect()
        assert rows.height == 48 * (version + 1)


def test_large_files_are_left_alone(
    store: DeltaIngestionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row is not written again with every batch."""
    monkeypatch.setattr(compaction, "SMALL", 48)
    before = set(files(store))
    for number in range(MOST + 1, 2 * MOST + 3):
        ingest(store, *(day(n) for n in range(number + 1)))
    assert before < set(files(store))


def test_nothing_to_join_makes_no_version(store: DeltaIngestionStore, tmp_path: Path) -> None:
    """Nor does a table that is not there."""
    before = open_table(store.readings).version()
    compact_readings(store.readings, MOST)
    compact_readings(str(tmp_path / "nothing"), MOST)
    assert open_table(store.readings).version() == before
    assert not (tmp_path / "nothing").exists()


def test_an_ingestion_at_the_same_time_goes_first(
    store: DeltaIngestionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that comes second gives up, and leaves nothing behind."""
    ingest(store, day(MOST + 1))
    stale = open_table(store.readings)
    ingest(store, day(MOST + 2))
    monkeypatch.setattr(compaction, "open_table", lambda _: stale)
    found = sorted(Path(store.readings).rglob("*.parquet"))
    with pytest.raises(DataError, match="at the same time"):
        compact_readings(store.readings, 1)
    assert sorted(Path(store.readings).rglob("*.parquet")) == found
