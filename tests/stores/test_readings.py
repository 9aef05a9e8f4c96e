"""A version of the readings: opened once, handed over shard by shard, sorted."""

import pickle
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from deltalake import DeltaTable

from modelfleet.fleet.spans import spans_of
from modelfleet.stores.compaction import compact_readings
from modelfleet.stores.ingestion_store import DeltaIngestionStore
from modelfleet.stores.readings import DeltaReadings, ReadingsDataset, open_readings
from tests.fleet.ingest.batches import ingest, make_store, raw

START = datetime(2024, 1, 1, tzinfo=UTC)
SORTED = pl.DataFrame(
    [
        (s, START + timedelta(hours=hour), float(hour))
        for s in ("007", "a", "b")
        for hour in (0, 1, 2)
    ],
    schema={"sensor_id": pl.String, "timestamp": pl.Datetime("us", "UTC"), "value": pl.Float64},
    orient="row",
)
ORDERS = {
    "in order": list(range(9)),
    "one sensor backwards": [0, 1, 2, 5, 4, 3, 6, 7, 8],
    "the last row first": [8, *range(8)],
    "sensors in the wrong order": [3, 4, 5, 0, 1, 2, 6, 7, 8],
    "sensors in turns": [0, 3, 6, 1, 4, 7, 2, 5, 8],
    "a second batch behind the first": [0, 1, 3, 4, 6, 7, 2, 5, 8],
    "chance": np.random.default_rng(3).permutation(9).tolist(),
}


def write(path: Path, frame: pl.DataFrame) -> DeltaReadings:
    """A table of one shard in exactly this order."""
    frame.with_columns(shard=pl.lit(0, dtype=pl.Int32)).write_delta(
        path, delta_write_options={"partition_by": ["shard"]}
    )
    table = DeltaTable(path)
    return DeltaReadings(str(path), str(table.metadata().id), table.version(), {0: "digest"})


@pytest.mark.parametrize("folder", ["plain", "with a space (1)"])
@pytest.mark.parametrize("order", ORDERS)
def test_a_shard_is_sorted_however_it_lies_in_storage(
    tmp_path: Path, order: str, folder: str
) -> None:
    """By sensor and time; ids are text."""
    readings = write(tmp_path / folder, SORTED[ORDERS[order]])
    assert readings.read(0).equals(SORTED)


def test_a_shard_without_rows_is_empty(tmp_path: Path) -> None:
    """With the columns of the others."""
    found = write(tmp_path / "readings", SORTED).read(7)
    assert found.is_empty()
    assert found.schema == SORTED.schema


def test_the_log_is_read_once_for_all_shards(tmp_path: Path) -> None:
    """The shards after the first are read though the log is gone; a copy of the handle opens it."""
    store = make_store(tmp_path)
    ingest(store, ("day", raw(*((h, s, h) for s in "abcd" for h in range(4)))))
    readings = pickle.loads(pickle.dumps(store.source()))
    first, *others = readings.shards()
    assert readings.read(first).height
    shutil.rmtree(Path(store.readings) / "_delta_log")
    assert others
    assert sum(readings.read(shard).height for shard in others) + readings.read(first).height == 16


def test_a_new_table_in_the_place_of_an_old_one_is_another(tmp_path: Path) -> None:
    """Tables that were moved away and made anew begin with the same version."""
    for value in (1, 2):
        shutil.rmtree(tmp_path / "store", ignore_errors=True)
        store = make_store(tmp_path / "store")
        ingest(store, ("day", raw((0, "a", value))))
        readings = open_readings(store.readings)
        assert readings is not None
        assert readings.read(min(readings.shards()))["value"].to_list() == [value]


def save(store: DeltaIngestionStore) -> None:
    """What the catalog does with the readings at the end of an ingestion."""
    ReadingsDataset(filepath=store.readings).save(store.source())


def assert_spans_are_true(store: DeltaIngestionStore) -> None:
    """What is kept says what all of history says."""
    assert store.source().spans().equals(spans_of(store.source().scan()))


DAY = raw(*((hour, sensor, hour) for sensor in "abcd" for hour in range(24)))


@pytest.mark.parametrize("settled", [True, False], ids=["settled", "before there were spans"])
def test_spans_follow_every_change(tmp_path: Path, *, settled: bool) -> None:
    """New rows, late ones, a new sensor, a filled gap, a correction, joined files."""
    store = make_store(tmp_path)
    steps = [
        ("day", DAY),
        ("gap", raw((30, "a", None), (30, "e", None))),
        ("new", raw((40, "a", 1), (41, "f", 1))),
        ("late", raw((-5, "b", 1))),
        ("filled", raw((30, "e", 2))),
        ("corrected", raw((40, "a", 3), (0, "c", 9))),
    ]
    for step in steps:
        ingest(store, step, corrections=True)
        assert_spans_are_true(store)
        if settled:
            save(store)
            assert_spans_are_true(store)
    compact_readings(store.readings, 1)
    assert_spans_are_true(store)
    assert store.sensor_ids() == list("abcdef")


def test_only_rows_that_no_saved_version_had_are_news(tmp_path: Path) -> None:
    """Before anything was saved it is all of them; of a saved version it is none."""
    store = make_store(tmp_path)
    ingest(store, ("day", DAY))
    assert store.source().news().collect().height == 96
    save(store)
    assert store.source().news().collect().is_empty()
    before = store.source()
    ingest(store, ("next", raw((50, "a", 1), (51, "z", 2))))
    news = store.source().news().select("sensor_id", "value").collect()
    assert sorted(news.rows()) == [("a", 1.0), ("z", 2.0)]
    assert before.news().collect().is_empty()
    save(store)
    assert len(list(Path(store.readings, "_spans").iterdir())) == 1


def test_who_writes_a_version_knows_its_spans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were just written are not read again to tell when they began and ended."""
    store = make_store(tmp_path)
    days = [raw((day * 24, "a", day), (day * 24, f"s{day}", None), (day, "b", 1)) for day in (1, 2)]

    def refuse(_: object) -> pl.DataFrame:
        raise AssertionError("rows were read")

    for number, day in enumerate(days):
        ingest(store, (f"day {number}", day), ("gap", raw((48, "b", None))))
        with monkeypatch.context() as patched:
            patched.setattr("modelfleet.stores.readings.spans_of", refuse)
            told = store.source().spans()
            assert told.equals(store.source().spans())
            store.source().settle()
        assert told.equals(spans_of(store.source().scan()))


def test_only_new_rows_are_read_for_spans(tmp_path: Path) -> None:
    """The files of history may be anywhere: they are not opened."""
    store = make_store(tmp_path)
    ingest(store, ("day", DAY))
    save(store)
    history = list(Path(store.readings).rglob("part-*.parquet"))
    ingest(store, ("next", raw((50, "a", 1))))
    for file in history:
        file.unlink()
    spans = {name: last.day for name, _, last in store.source().spans().iter_rows()}
    assert spans == {"a": 3, "b": 1, "c": 1, "d": 1}


def test_spans_of_another_table_in_the_same_place_are_not_taken(tmp_path: Path) -> None:
    """They are named after the table as well."""
    store = make_store(tmp_path)
    ingest(store, ("day", DAY))
    save(store)
    for path in Path(store.readings).iterdir():
        if path.name != "_spans":
            shutil.rmtree(path)
    for path in (store.batches, store.rejected):
        shutil.rmtree(path, ignore_errors=True)
    ingest(store, ("other", raw((1, "x", 1))))
    assert store.sensor_ids() == ["x"]
    assert store.source().news().collect().height == 1


def test_where_rows_were_taken_away_all_is_read_again(tmp_path: Path) -> None:
    """No commit of ours does so; somebody may go back to an older version by hand."""
    store = make_store(tmp_path)
    ingest(store, ("day", DAY), ("next", raw((50, "a", 1), (51, "z", 2))))
    save(store)
    DeltaTable(store.readings).restore(0)
    source = store.source()
    assert source.spans()["sensor_id"].to_list() == list("abcd")
    assert source.news().collect().height == 96


def test_a_run_that_pins_its_readings_sees_one_version(tmp_path: Path) -> None:
    """Others ingest meanwhile; who does not pin sees what they appended."""
    store = make_store(tmp_path)
    ingest(store, ("day", DAY))
    pinned = ReadingsDataset(filepath=store.readings, pinned=True)
    free = ReadingsDataset(filepath=store.readings)
    first, other = pinned.load(), free.load()
    ingest(store, ("next", raw((50, "a", 1))))
    assert pinned.load() == first == other
    assert pinned.load().scan().collect().height == 96
    assert free.load().version > first.version
