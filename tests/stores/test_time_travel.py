"""The readings as they were, or why they cannot be had any more."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from modelfleet.domain.errors import DataError, RetiredError
from modelfleet.stores.compaction import compact_readings
from modelfleet.stores.delta import RETENTION, open_table
from modelfleet.stores.ingestion_store import DeltaIngestionStore
from modelfleet.stores.readings import DeltaReadings, open_readings
from modelfleet.stores.time_travel import readings_of_shard, readings_of_version
from tests.fleet.ingest.batches import ingest, make_store, raw

DAYS = 4


def day(number: int) -> tuple[str, pl.DataFrame]:
    """A daily batch of two sensors."""
    rows = ((24 * number + hour, s, hour + number) for s in "ab" for hour in range(24))
    return f"day-{number}", raw(*rows)


@pytest.fixture
def store(tmp_path: Path) -> DeltaIngestionStore:
    """Four days, a version each, in a folder whose name Delta would escape."""
    store = make_store(tmp_path / "my data")
    for number in range(DAYS):
        ingest(store, *(day(n) for n in range(number + 1)))
    return store


def as_it_was(store: DeltaIngestionStore, version: int = 1) -> tuple[DeltaReadings, int, str]:
    """A version as it was recorded when it was new, one of its shards, and the shard's digest."""
    table_id = store.source().table_id
    readings = readings_of_version(store.readings, table_id=table_id, version=version)
    shard = min(readings.shards())
    return readings, shard, readings.shards()[shard]


def first_file(store: DeltaIngestionStore, shard: int) -> Path:
    """The file of the first day."""
    actions = pl.DataFrame(DeltaTable(store.readings, version=0).get_add_actions(flatten=True))
    return Path(store.readings, actions.filter(pl.col("partition.shard") == shard)["path"].item())


def test_an_older_version_has_the_rows_and_digests_of_then(store: DeltaIngestionStore) -> None:
    """And no row of a later day."""
    for version in range(DAYS):
        readings, shard, digest = as_it_was(store, version)
        rows = readings_of_shard(readings, shard, digest=digest)
        assert rows.height == 24 * (version + 1) * rows["sensor_id"].n_unique()
        assert rows.equals(rows.sort("sensor_id", "timestamp"))
    assert as_it_was(store, DAYS - 1)[0].digests == store.source().digests


def test_whoever_is_overtaken_reads_the_digests_of_the_own_version(
    store: DeltaIngestionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not those of a batch that came between opening the table and asking for them."""
    stale = open_table(store.readings)
    before = store.source()
    ingest(store, *(day(n) for n in range(DAYS + 1)))
    monkeypatch.setattr("modelfleet.stores.readings.open_table", lambda _: stale)
    assert open_readings(store.readings) == before


def test_tables_are_kept_readable_for_ten_years(store: DeltaIngestionStore) -> None:
    """By their own properties: whoever vacuums with the usual means takes nothing away."""
    table = DeltaTable(store.readings)
    assert dict(RETENTION).items() <= table.metadata().configuration.items()
    assert all("3650 days" in value for value in RETENTION.values())
    compact_readings(store.readings, 1)
    assert DeltaTable(store.readings).vacuum() == []
    readings, shard, digest = as_it_was(store)
    assert not readings_of_shard(readings, shard, digest=digest).is_empty()


def test_corrections_leave_the_version_before(store: DeltaIngestionStore) -> None:
    """A value that was learned from is there, whatever it was corrected to."""
    readings, shard, digest = as_it_was(store)
    before = readings_of_shard(readings, shard, digest=digest)
    names = before["sensor_id"].unique().to_list()
    late = raw(*((hour, name, 99) for name in names for hour in range(24)))
    ingest(store, *(day(n) for n in range(DAYS)), ("late", late), corrections=True)
    assert store.source().shards()[shard] != digest
    assert readings_of_shard(readings, shard, digest=digest).equals(before)


def test_a_vacuumed_table_is_told(store: DeltaIngestionStore) -> None:
    """With what can be done about it; another version, whose files are there, is as readable."""
    readings, shard, digest = as_it_was(store)
    compact_readings(store.readings, 1)
    table = DeltaTable(store.readings)
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(RetiredError, match=r"lost \d files of shard .* vacuumed; .* from a backup"):
        readings_of_shard(readings, shard, digest=digest)
    newest, shard, digest = as_it_was(store, table.version())
    assert not readings_of_shard(newest, shard, digest=digest).is_empty()


def test_a_shortened_log_is_told(store: DeltaIngestionStore) -> None:
    """The table is as readable as ever, but what it was then is not known any more."""
    table_id = store.source().table_id
    DeltaTable(store.readings).create_checkpoint()
    for number in range(DAYS - 1):
        Path(store.readings, "_delta_log", f"{number:020}.json").unlink()
    assert store.source().version == DAYS - 1
    with pytest.raises(RetiredError, match=r"version 1 .* is not in the table's log any more"):
        readings_of_version(store.readings, table_id=table_id, version=1)


def test_another_table_in_its_place_is_told(store: DeltaIngestionStore) -> None:
    """Its version 1 is not the one that was learned from, however like it."""
    table_id = store.source().table_id
    shutil.rmtree(Path(store.readings).parent)
    for number in range(2):
        ingest(store, *(day(n) for n in range(number + 1)))
    with pytest.raises(RetiredError, match=f"not {table_id}, which was learned from"):
        readings_of_version(store.readings, table_id=table_id, version=1)


def test_a_table_that_is_not_there_or_too_old_is_told(store: DeltaIngestionStore) -> None:
    """Nothing is taken instead."""
    table_id = store.source().table_id
    with pytest.raises(RetiredError, match="no version 9 yet, the newest is 3"):
        readings_of_version(store.readings, table_id=table_id, version=9)
    with pytest.raises(RetiredError, match="no table of readings"):
        readings_of_version(f"{store.readings}-2", table_id=table_id, version=1)


def test_other_rows_than_were_learned_from_are_told(store: DeltaIngestionStore) -> None:
    """Delta has no checksums: every value is digested again, whatever the log says of it."""
    readings, shard, _ = as_it_was(store)
    for other in (as_it_was(store, 2)[2], None):
        with pytest.raises(DataError, match="holds other rows"):
            readings_of_shard(readings, shard, digest=other)


def test_a_broken_file_is_told(store: DeltaIngestionStore) -> None:
    """What cannot be read is no reason for a traceback."""
    readings, shard, digest = as_it_was(store)
    file = first_file(store, shard)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"version 1 of the readings .* cannot be read"):
        readings_of_shard(readings, shard, digest=digest)
