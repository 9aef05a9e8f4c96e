"""The engine: done is what lies on disk, and where a task runs does not matter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import polars as pl
import pytest

from modelfleet.domain.errors import TaskError
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.engine import Job, LokyEngine, SequentialEngine, make_engine, map_shards
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.workspace import FolderWorkspace

SCHEMA = pl.Schema({"sensor_id": pl.String(), "total": pl.Float64()})


@dataclass(frozen=True)
class FrameSource:
    """Readings held in memory, one table per shard."""

    tables: Mapping[int, pl.DataFrame]

    def shards(self) -> Mapping[int, str]:
        return {shard: str(table.hash_rows().sum()) for shard, table in self.tables.items()}

    def read(self, shard: int) -> pl.DataFrame:
        return self.tables.get(
            shard, pl.DataFrame(schema={"sensor_id": pl.String, "value": pl.Float64})
        )

    def scan(self) -> pl.LazyFrame:
        return pl.concat(self.tables.values()).lazy()

    def identity(self) -> Mapping[str, str | int]:
        return {}


@dataclass(frozen=True)
class SumTask:
    """Sums each sensor's values; leaves a mark each time it runs."""

    sensors: Mapping[int, tuple[str, ...]]
    marks: str
    factor: float = 1.0
    lose: bool = False
    kind: str = "sums"

    @property
    def schema(self) -> pl.Schema:
        return SCHEMA

    def shards(self) -> Mapping[int, int]:
        return {shard: len(ids) for shard, ids in self.sensors.items()}

    def part(self, shard: int) -> Self:
        return replace(self, sensors={shard: self.sensors[shard]})

    def fingerprint(self) -> str:
        return str((sorted(self.sensors.items()), self.factor))

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        (shard,) = self.sensors
        with Path(self.marks).open("a") as marks:
            marks.write(f"{shard}\n")
        totals = dict(readings.group_by("sensor_id").agg(pl.col("value").sum()).iter_rows())
        ids = self.sensors[shard][1:] if self.lose else self.sensors[shard]
        rows = [{"sensor_id": i, "total": totals.get(i, 0.0) * self.factor} for i in ids]
        return pl.DataFrame(rows, schema=SCHEMA)


def table(*rows: tuple[str, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"sensor_id": pl.String, "value": pl.Float64}, orient="row")


SOURCE = FrameSource({0: table(("a", 1.0), ("b", 2.0)), 1: table(("c", 3.0)), 5: table(("d", 4.0))})
SENSORS = {0: ("a", "b"), 1: ("c",), 5: ("d",)}
SEQUENTIAL = EngineParameters(backend="sequential", sensors_per_task=2)


def done(task: SumTask) -> list[str]:
    file = Path(task.marks)
    return sorted(file.read_text().split()) if file.exists() else []


def run(task: SumTask, folder: Path, *, source: FrameSource = SOURCE) -> ShardedFrame:
    workspace = FolderWorkspace(str(folder / "workspace"))
    return map_shards(task, source=source, workspace=workspace, engine=SEQUENTIAL)


def test_results_are_gathered_shard_after_shard(tmp_path: Path) -> None:
    """One row per sensor, whatever shards they are in; a sensor without readings has its row."""
    task = SumTask({**SENSORS, 7: ("silent",)}, str(tmp_path / "marks"))
    result = run(task, tmp_path)
    assert result.rows == 5
    assert dict(result.scan().collect().iter_rows()) == {
        "a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "silent": 0.0,
    }  # fmt: skip
    assert result.read(1).rows() == [("c", 3.0)]
    assert result.read(2) is None


def test_nothing_changed_nothing_computed(tmp_path: Path) -> None:
    """A second run starts no work and gives the same frame."""
    task = SumTask(SENSORS, str(tmp_path / "marks"))
    first = run(task, tmp_path)
    assert run(task, tmp_path) == first
    assert done(task) == ["0", "1", "5"]


def test_only_the_shard_whose_readings_changed_is_computed_again(tmp_path: Path) -> None:
    """Cost follows the change."""
    task = SumTask(SENSORS, str(tmp_path / "marks"))
    first = run(task, tmp_path)
    changed = FrameSource({**SOURCE.tables, 1: table(("c", 30.0))})
    second = run(task, tmp_path, source=changed)
    assert done(task) == ["0", "1", "1", "5"]
    assert second.digest != first.digest
    assert set(first.files) & set(second.files) == {first.file_of(0), first.file_of(5)}


def test_changed_parameters_compute_everything_again(tmp_path: Path) -> None:
    """A result is named after all that shapes it."""
    task = SumTask(SENSORS, str(tmp_path / "marks"))
    first = run(task, tmp_path)
    second = run(replace(task, factor=2.0), tmp_path)
    assert not set(first.files) & set(second.files)
    assert second.scan().collect()["total"].sum() == 20.0


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """Finished shards are not computed twice after a kill."""
    task = SumTask(SENSORS, str(tmp_path / "marks"))
    whole = run(task, tmp_path)
    (tmp_path / "workspace" / whole.file_of(5)).unlink()
    assert run(task, tmp_path) == whole
    assert done(task) == ["0", "1", "5", "5"]


def test_both_backends_agree_to_the_byte(tmp_path: Path) -> None:
    """Files from worker processes are those of this process."""
    task = SumTask(SENSORS, str(tmp_path / "marks"))
    here = run(task, tmp_path)
    workspace = FolderWorkspace(str(tmp_path / "other"))
    loky = EngineParameters(backend="loky", workers=2, sensors_per_task=1)
    there = map_shards(task, source=SOURCE, workspace=workspace, engine=loky)
    assert there.files == here.files
    for file in here.files:
        assert (tmp_path / "other" / file).read_bytes() == (
            tmp_path / "workspace" / file
        ).read_bytes()


def test_a_task_that_loses_a_sensor_is_refused(tmp_path: Path) -> None:
    """Rows are counted in the worker: a result with too few of them is never stored."""
    task = SumTask({0: ("a", "b")}, str(tmp_path / "marks"), lose=True)
    with pytest.raises(TaskError, match="shard 0 has 2 sensors, but 1 results"):
        run(task, tmp_path)
    assert not list((tmp_path / "workspace").rglob("*.parquet"))


def test_no_sensors_give_an_empty_frame_with_its_columns(tmp_path: Path) -> None:
    """A stage without work still has a result that the next one can read."""
    result = run(SumTask({}, str(tmp_path / "marks")), tmp_path)
    assert result.rows == 0
    assert result.scan().collect_schema() == SCHEMA


def test_an_engine_that_forgets_a_shard_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver compares what came back with what was asked."""
    monkeypatch.setattr(SequentialEngine, "run", lambda *_: iter(()))
    with pytest.raises(TaskError, match=r"no result for shards \[0, 1, 5\]"):
        run(SumTask(SENSORS, str(tmp_path / "marks")), tmp_path)


def test_engines_are_chosen_by_configuration() -> None:
    """``auto`` takes one worker per core."""
    assert isinstance(make_engine(SEQUENTIAL), SequentialEngine)
    three = EngineParameters(backend="loky", workers=3, sensors_per_task=1)
    assert make_engine(three) == LokyEngine(3)
    auto = EngineParameters(backend="loky", sensors_per_task=1)
    assert make_engine(auto).workers >= 1


def test_one_worker_needs_no_process(tmp_path: Path) -> None:
    """With one worker, or one batch, the work is done here."""
    task = SumTask({0: ("a", "b")}, str(tmp_path / "marks"))
    job = Job(task, 0, 2, "f" * 64)
    workspace = FolderWorkspace(str(tmp_path))
    (summary,) = LokyEngine(1).run([[job]], SOURCE, workspace)
    assert (summary.shard, summary.sensors) == (0, 2)
