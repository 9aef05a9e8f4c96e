"""One sensor's rows from many releases."""

from pathlib import Path

import polars as pl
import pytest

from modelfleet.domain.errors import ReleaseError
from modelfleet.fleet.service import service_of
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_rows import CheckedTables, checked_table, rows_of_sensor
from modelfleet.stores.release_store import ReleaseStore
from tests.releases import publish, sensor

WANTED = {"serves": ("version", "reasons"), "scorecard": ("mae", "of_the_future")}


@pytest.fixture
def store(tmp_path: Path) -> ReleaseStore:
    """Two releases; the second does not know ``b``."""
    publish(tmp_path, [sensor("a"), sensor("b", mae=0.5)])
    publish(tmp_path, [sensor("a", version="a-2", reasons=["pinned"])])
    return ReleaseStore(Objects(str(tmp_path)))


def test_every_release_that_knows_the_sensor_says_what_is_asked(store: ReleaseStore) -> None:
    """The columns that are wanted and there, and the sensor's id."""
    found = rows_of_sensor(store, "a", tables=WANTED)
    assert sorted(found) == sorted(store.rids())
    versions = sorted(tables["serves"]["version"] for tables in found.values())
    assert versions == ["a-1", "a-2"]
    assert all(set(tables["scorecard"]) == {"sensor_id", "mae"} for tables in found.values())


def test_a_release_that_does_not_know_the_sensor_is_left_out(store: ReleaseStore) -> None:
    """So is a sensor that nobody knows."""
    (tables,) = rows_of_sensor(store, "b", tables=WANTED).values()
    assert tables["scorecard"]["mae"] == 0.5
    assert rows_of_sensor(store, "nobody", tables=WANTED) == {}


def test_a_table_that_was_altered_is_refused(store: ReleaseStore) -> None:
    """It is checked by itself: nothing else has to be read for that."""
    rid = store.rids()[0]
    file = Path(store.objects.root) / rid / "serves.parquet"
    pl.read_parquet(file).with_columns(version=pl.lit("mine")).write_parquet(file)
    with pytest.raises(ReleaseError, match=r"altered 'serves\.parquet'"):
        rows_of_sensor(store, "a", tables=WANTED)
    assert checked_table(store, rid, "scorecard").height


def test_a_manifest_that_was_altered_is_refused(store: ReleaseStore) -> None:
    """A table that fits it proves nothing."""
    rid = store.rids()[0]
    file = Path(store.objects.root) / rid / "MANIFEST.json"
    file.write_text(file.read_text().replace("c" * 64, "d" * 64))
    with pytest.raises(ReleaseError, match="manifest was altered"):
        checked_table(store, rid, "serves")


def test_a_missing_table_is_refused(store: ReleaseStore) -> None:
    """Absent is altered."""
    with pytest.raises(ReleaseError, match=r"altered 'nothing\.parquet'"):
        checked_table(store, store.rids()[0], "nothing")


def test_tables_are_read_as_they_are_needed(store: ReleaseStore) -> None:
    """What a comparison needs, without models and backups."""
    rid = store.rids()[0]
    (Path(store.objects.root) / rid / "models.parquet").unlink()
    assert service_of(CheckedTables(store, rid))["sensor_id"][0] == "a"
