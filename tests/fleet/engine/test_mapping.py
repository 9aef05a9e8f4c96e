"""The engine: done is what lies on disk, and a result does not tell how it was made."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from modelfleet.domain.errors import TaskError
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.engine.sequential import SequentialEngine
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.workspace import ObjectWorkspace
from tests.faults import at_once
from tests.fleet.engine.tasks import (
    MANY,
    MANY_SOURCE,
    SCHEMA,
    SENSORS,
    SOURCE,
    FrameSource,
    SumTask,
    computed,
    table,
)  # fmt: skip

SEQUENTIAL = EngineParameters(backend="sequential", sensors_per_task=2)


def at_most(sensors: int) -> EngineParameters:
    """This process, with so many sensors at a time."""
    return EngineParameters(backend="sequential", sensors_per_task=sensors)


def run(
    task: SumTask,
    folder: Path,
    *,
    source: FrameSource = SOURCE,
    engine: EngineParameters = SEQUENTIAL,
) -> ShardedFrame:
    """Run a task in a workspace of its own."""
    workspace = ObjectWorkspace(str(folder / "workspace"))
    return map_shards(task, source=source, workspace=workspace, engine=engine)


def test_results_are_gathered_shard_after_shard(tmp_path: Path) -> None:
    """One row per sensor, whatever shards they are in; a sensor without readings has its row."""
    task = SumTask({**SENSORS, 7: ("silent",)}, str(tmp_path / "marks"))
    result = run(task, tmp_path)
    assert result.rows == 5
    assert dict(result.scan().select("sensor_id", "total").collect().iter_rows()) == {
        "a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "silent": 0.0,
    }  # fmt: skip
    shard = result.read(1)
    assert shard is not None
    assert shard.rows() == [("c", "summed", None, 3.0, [3.0])]
    assert result.read(2) is None


def test_nothing_changed_nothing_computed(tmp_path: Path) -> None:
    """A second run starts no work and gives the same frame."""
    task = SumTask(SENSORS, str(tmp_path / "marks"))
    first = run(task, tmp_path)
    assert run(task, tmp_path) == first
    assert computed(task) == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_only_the_shard_whose_readings_changed_is_computed_again(tmp_path: Path) -> None:
    """Cost follows the change."""
    task = SumTask(SENSORS, str(tmp_path / "marks"))
    first = run(task, tmp_path)
    changed = FrameSource({**SOURCE.tables, 1: table(("c", 30.0))})
    second = run(task, tmp_path, source=changed)
    assert computed(task) == {"a": 1, "b": 1, "c": 2, "d": 1}
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
    (tmp_path / "workspace" / str(whole.file_of(5))).unlink()
    assert run(task, tmp_path) == whole
    assert computed(task) == {"a": 1, "b": 1, "c": 1, "d": 2}


def test_a_result_does_not_tell_how_its_shards_were_cut(tmp_path: Path) -> None:
    """Joined pieces are the whole shard to the byte, and no piece is left."""
    task = SumTask(MANY, str(tmp_path / "marks"))
    frames = []
    for most in (50, 7, 3, 1):
        engine = at_most(most)
        frames.append(run(task, tmp_path / str(most), source=MANY_SOURCE, engine=engine))
        assert len(list((tmp_path / str(most)).rglob("*.parquet"))) == len(MANY)
    whole = frames[0]
    for frame in frames[1:]:
        assert (frame.files, frame.digest, frame.rows) == (whole.files, whole.digest, whole.rows)
        for file in frame.files:
            assert Path(frame.root, file).read_bytes() == Path(whole.root, file).read_bytes()
    assert computed(task) == dict.fromkeys(task.sensor_ids(), len(frames))


def test_a_piece_of_a_killed_run_is_not_computed_again(tmp_path: Path) -> None:
    """What a run left of a large shard is taken up by the next one, and cleaned away."""
    task = SumTask({0: ("a", "b")}, str(tmp_path / "marks"), deeds={"b": "raise"})
    one = at_most(1)
    with pytest.raises(TaskError, match="a bug"):
        run(task, tmp_path, engine=one)
    mended = replace(task, deeds={})
    result = run(mended, tmp_path, engine=one)
    assert computed(task) == {"a": 1, "b": 2}
    (file,) = (tmp_path / "workspace").rglob("*.parquet")
    assert file.as_posix().endswith(result.files[0])


def run_in_pieces(folder: str) -> str:
    """What each of several processes does at the same time."""
    task = SumTask(MANY, str(Path(folder, "marks")))
    return run(task, Path(folder), source=MANY_SOURCE, engine=at_most(2)).digest


def test_two_runs_at_once_are_one(tmp_path: Path) -> None:
    """Each may do work of the other; nobody trips over pieces that the other cleaned away."""
    for number in range(5):
        folder = tmp_path / str(number)
        folder.mkdir()
        told = at_once([run_in_pieces] * 3, (str(folder),))
        assert [name for name, _ in told] == ["done"] * 3, told
        assert len({digest for _, digest in told}) == 1
        assert run_in_pieces(str(folder)) == told[0][1]


def test_an_error_in_the_task_names_its_shard(tmp_path: Path) -> None:
    """What is not a sensor's fault ends the run; what is finished stays."""
    task = SumTask(SENSORS, str(tmp_path / "marks"), deeds={"c": "raise"})
    with pytest.raises(TaskError, match="sums: shard 1: RuntimeError: a bug; what is finished is"):
        run(task, tmp_path)
    assert len(list((tmp_path / "workspace").rglob("*.parquet"))) == 1


def test_a_task_that_loses_a_sensor_is_refused(tmp_path: Path) -> None:
    """Rows are counted in the worker: a result with too few of them is never stored."""
    task = SumTask({0: ("a", "b")}, str(tmp_path / "marks"), deeds={"b": "lose"})
    with pytest.raises(TaskError, match="shard 0 has 2 sensors, but 1 results"):
        run(task, tmp_path)
    assert not list((tmp_path / "workspace").rglob("*.parquet"))


def test_no_sensors_give_an_empty_frame_with_its_columns(tmp_path: Path) -> None:
    """A stage without work still has a result that the next one can read."""
    result = run(SumTask({}, str(tmp_path / "marks")), tmp_path)
    assert result.rows == 0
    assert result.scan().collect_schema() == SCHEMA


def nothing(*_: object) -> Iterator[None]:
    """An engine that forgets all its calls."""
    return iter(())


def test_an_engine_that_forgets_a_shard_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver compares what came back with what was asked."""
    monkeypatch.setattr(SequentialEngine, "run", nothing)
    with pytest.raises(TaskError, match="no result for shards 0, 1, 5; run again"):
        run(SumTask(SENSORS, str(tmp_path / "marks")), tmp_path)


def test_the_log_tells_what_was_computed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line per task: sensors, shards that were computed, and seconds."""
    task = SumTask(SENSORS, str(tmp_path / "marks"))
    with caplog.at_level(logging.INFO):
        run(task, tmp_path)
        run(replace(task, sensors={**SENSORS, 7: ("e",)}), tmp_path)
    assert "sums: 4 sensors, 3 of 3 shards computed" in caplog.text
    assert "sums: 5 sensors, 1 of 4 shards computed" in caplog.text
