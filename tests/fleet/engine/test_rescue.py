"""A sensor that kills its worker is found, and nobody else pays for it."""

import logging
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from modelfleet.domain.errors import TaskError
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.engine.rescue import WORKER_DIED
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.workspace import ObjectWorkspace
from tests.fleet.engine.tasks import MANY, MANY_SOURCE, SumTask, computed

HERE = EngineParameters(backend="sequential", sensors_per_task=200)
LOKY = EngineParameters(backend="loky", workers=2, sensors_per_task=5, max_lost_sensors=2)


def run(task: SumTask, folder: Path, engine: EngineParameters) -> ShardedFrame:
    """Run a task in a workspace of its own."""
    return map_shards(
        task,
        source=MANY_SOURCE,
        workspace=ObjectWorkspace(str(folder / "workspace")),
        engine=engine,
    )


def without(frame: ShardedFrame, *sensor_ids: str) -> pl.DataFrame:
    """The rows of the others."""
    return frame.scan().filter(~pl.col("sensor_id").is_in(sensor_ids)).collect()


@pytest.fixture
def whole(tmp_path: Path) -> ShardedFrame:
    """What comes out where nobody dies."""
    return run(SumTask(MANY, str(tmp_path / "whole")), tmp_path / "whole-workspace", HERE)


def test_the_sensor_that_kills_its_worker_fails_alone(
    tmp_path: Path, whole: ShardedFrame, caplog: pytest.LogCaptureFixture
) -> None:
    """Its row says so; all others are as they would be without it, and are where they would be."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s17": "kill"})
    with caplog.at_level(logging.WARNING):
        result = run(task, tmp_path, LOKY)
    assert without(result, "s17").equals(without(whole, "s17"))
    row = result.scan().filter(sensor_id="s17").collect().row(0, named=True)
    assert (row["outcome"], row["reason"], row["total"]) == ("failed", WORKER_DIED, None)
    assert (result.files, result.digest) == (whole.files, whole.digest)
    assert len(list((tmp_path / "workspace").rglob("*.parquet"))) == len(MANY)
    assert "a worker died" in caplog.text
    assert "'s17' failed: worker_died" in caplog.text


def test_what_is_finished_is_not_computed_again(tmp_path: Path) -> None:
    """Only those under way beside the killer are begun again, and a new run begins none at all."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s39": "kill"})
    first = run(task, tmp_path, LOKY)
    begun = computed(task)
    assert set(begun) == set(task.sensor_ids())
    beside = {i for i, times in begun.items() if times > 1}
    assert len(beside) <= 2 * 5
    assert run(task, tmp_path, LOKY) == first
    assert computed(task) == begun


def test_a_worker_that_dies_once_costs_nobody_anything(tmp_path: Path, whole: ShardedFrame) -> None:
    """A machine that was switched off, or too small for two workers at once: all is done again."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s04": "once", "s32": "once"})
    result = run(task, tmp_path, LOKY)
    assert without(result).equals(without(whole))


def test_several_killers_are_all_found(tmp_path: Path, whole: ShardedFrame) -> None:
    """In one shard and in others."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s03": "kill", "s06": "kill"})
    result = run(task, tmp_path, LOKY)
    failed = result.scan().filter(outcome="failed").collect()
    assert sorted(failed["sensor_id"]) == ["s03", "s06"]
    assert without(result, "s03", "s06").equals(without(whole, "s03", "s06"))


def test_too_many_killers_are_no_matter_of_sensors(tmp_path: Path) -> None:
    """Where every worker dies, the run ends and says what to look for, instead of failing all."""
    deeds = dict.fromkeys(("s00", "s03", "s06"), "kill")
    task = SumTask(MANY, str(tmp_path / "marks"), deeds=deeds)
    with pytest.raises(TaskError, match=r"'s00', 's03', 's06', .*\.max_lost_sensors, 2: look for"):
        run(task, tmp_path, LOKY)
    mended = replace(task, deeds={})
    before = computed(task)
    run(mended, tmp_path, LOKY)
    again = computed(mended) - before
    assert 0 < len(again) < len(task.sensor_ids())


@pytest.mark.parametrize("engine", [HERE, LOKY], ids=lambda engine: engine.backend)
def test_what_does_not_fit_into_memory_is_tried_with_fewer_sensors(
    engine: EngineParameters, tmp_path: Path, whole: ShardedFrame
) -> None:
    """Memory is the machine's matter: no sensor fails for it while it fits alone."""
    task = SumTask(MANY, str(tmp_path / "marks"), crowd=3)
    assert without(run(task, tmp_path, engine)).equals(without(whole))


@pytest.mark.parametrize("engine", [HERE, LOKY], ids=lambda engine: engine.backend)
def test_a_sensor_that_fits_nowhere_fails_alone(
    engine: EngineParameters, tmp_path: Path, whole: ShardedFrame
) -> None:
    """One that asks for more memory than there is, is told like one that kills."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s21": "exhaust"})
    result = run(task, tmp_path, engine)
    assert result.scan().filter(outcome="failed").collect()["sensor_id"].to_list() == ["s21"]
    assert without(result, "s21").equals(without(whole, "s21"))
