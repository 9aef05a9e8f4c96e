"""Readings wait for others of their shard, and come back as they were."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from modelfleet.fleet.ingest.digests import digest_runs, digest_shards
from modelfleet.fleet.ingest.runs import NO_RUNS, READINGS_SCHEMA, Runs
from modelfleet.fleet.spans import spans_of
from modelfleet.stores.delta_commit import NewFiles
from modelfleet.stores.held_readings import HeldReadings

START = datetime(2021, 1, 1, tzinfo=UTC)
VALUES = st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), min_size=1, max_size=5)


def runs_of(sensors: dict[str, list[float | None]]) -> Runs:
    """Hourly values of sensors, each in a shard of two."""
    times = [
        START + timedelta(hours=hour) for values in sensors.values() for hour in range(len(values))
    ]
    told = {
        "shard": [len(name) % 2 for name in sensors],
        "sensor_id": list(sensors),
        "rows": [len(values) for values in sensors.values()],
    }
    rows = {"timestamp": times, "value": [value for values in sensors.values() for value in values]}
    schema = {name: READINGS_SCHEMA[name] for name in rows}
    return Runs(
        pl.DataFrame(told, schema={"shard": pl.Int32, "sensor_id": pl.String, "rows": pl.UInt32}),
        pl.DataFrame(rows, schema=schema),
    )


@trials(deadline=None, max_examples=40)
@given(sensors=st.dictionaries(st.text(max_size=3), VALUES, max_size=5))
def test_runs_say_what_their_rows_say(sensors: dict[str, list[float | None]]) -> None:
    """Digests and spans of runs are those of the table, and the table makes the same runs."""
    runs = runs_of(sensors)
    table = runs.table().sort("shard", "sensor_id", "timestamp")
    assert digest_runs(runs) == digest_shards(table)
    assert runs.spans().sort("sensor_id").equals(spans_of(table.lazy()))
    assert Runs.of(table).table().equals(table)


def test_no_runs_are_none() -> None:
    """A batch without corrections has nothing to digest and nothing to write."""
    assert NO_RUNS.table().schema == READINGS_SCHEMA
    assert digest_runs(NO_RUNS) == {}
    assert NO_RUNS.spans().is_empty()
    assert not list(NO_RUNS.by_sensor())


@pytest.mark.parametrize(("most", "files"), [(100, 2), (3, 4)])
def test_files_are_sorted_and_say_what_they_hold(tmp_path: Path, most: int, files: int) -> None:
    """A file for each shard as soon as enough is held, its statistics those of its rows."""
    parts = [
        runs_of({"e\u0301": [1.0, None], "b": [0.5], "aa": [-1.5, 2.0]}),
        runs_of({"a": [None], "zz": [3.0]}),
    ]
    written = NewFiles(str(tmp_path))
    held = HeldReadings(written, most)
    for part in parts:
        held.add(part)
    held.flush()
    assert len(written.added) == files
    tables = []
    for action in written.added:
        rows = pl.read_parquet(tmp_path / action.path, hive_partitioning=False)
        assert rows.schema == {n: t for n, t in READINGS_SCHEMA.items() if n != "shard"}
        assert rows.equals(rows.sort("sensor_id", "timestamp"))
        told = json.loads(action.stats or "{}")
        assert told["numRecords"] == rows.height
        assert told["minValues"]["sensor_id"] == rows["sensor_id"].min()
        assert told["maxValues"].get("value") == rows["value"].max()
        assert told["minValues"].get("value") == rows["value"].min()
        assert datetime.fromisoformat(told["maxValues"]["timestamp"]) == rows["timestamp"].max()
        assert told["nullCount"] == {name: rows[name].null_count() for name in rows.columns}
        tables.append(rows)
    expected = pl.concat([part.table().drop("shard") for part in parts])
    order = ["sensor_id", "timestamp"]
    assert pl.concat(tables).sort(order).equals(expected.sort(order))
