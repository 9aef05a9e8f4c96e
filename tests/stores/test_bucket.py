"""The tables of ingestion in a bucket."""

from pathlib import Path

import pytest

from modelfleet.domain.errors import OvertakenError, RetiredError
from modelfleet.fleet.ingest.readings import READINGS_SCHEMA
from modelfleet.stores.delta_commit import NewFiles, commit_files
from modelfleet.stores.ingestion_store import DeltaIngestionStore
from modelfleet.stores.objects import Objects
from modelfleet.stores.readings import ReadingsDataset
from modelfleet.stores.time_travel import readings_of_shard, readings_of_version
from tests.fleet.ingest.batches import ingest, raw, table
from tests.servers import S3Server

DAY = raw(*((hour, sensor, hour) for sensor in "abcd" for hour in range(24)))


@pytest.fixture
def store(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> DeltaIngestionStore:
    """An empty store in a bucket, which the machine's environment tells how to reach."""
    for name, value in s3_server.options.items():
        monkeypatch.setenv(name.upper(), value)
    s3_server.put("fleet", "made", b"")
    root = f"s3://fleet/{tmp_path.name}"
    return DeltaIngestionStore(*(f"{root}/{name}" for name in ("readings", "rejected", "batches")))


def test_batches_are_kept_and_spans_follow(store: DeltaIngestionStore) -> None:
    """As in a folder: only new files are news once a version was saved."""
    ingest(store, ("day", DAY))
    ReadingsDataset(filepath=store.readings).save(store.source())
    ingest(store, ("day", DAY), ("next", raw((50, "a", 1), (51, "a", -1), (52, "z", 2))))
    assert len(table(store)) == 98
    assert store.rejected_rows().collect().height == 1
    assert store.source().news().collect().height == 2
    assert store.sensor_ids() == list("abcdz")


def test_of_two_who_create_a_table_one_is_told(store: DeltaIngestionStore) -> None:
    """The first entry of the log is put in place exclusively."""
    ingest(store, ("day", DAY))
    with pytest.raises(OvertakenError, match="at the same time"):
        commit_files(store.readings, READINGS_SCHEMA, NewFiles(store.readings), [("other", 1)])
    assert len(table(store)) == 96


def test_an_older_version_is_read_as_it_was(store: DeltaIngestionStore) -> None:
    """Or it is told that its files are gone, as in a folder."""
    ingest(store, ("day", DAY))
    before = store.source()
    ingest(store, ("day", DAY), ("next", raw((50, "a", 1), (51, "a", 3))))
    assert store.source().digests != before.digests
    readings = readings_of_version(store.readings, table_id=before.table_id, version=0)
    assert readings == before
    shard, digest = next(iter(before.digests.items()))
    assert not readings_of_shard(readings, shard, digest=digest).is_empty()
    for name in Objects(store.readings).names(f"shard={shard}"):
        Objects(store.readings).remove(name)
    with pytest.raises(RetiredError, match="vacuumed"):
        readings_of_shard(readings, shard, digest=digest)
