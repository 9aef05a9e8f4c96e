"""A version of the readings: opened once, handed over shard by shard, sorted."""

import pickle
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from deltalake import DeltaTable

from modelfleet.stores.readings import DeltaReadings, open_readings
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
