"""Where a task runs does not matter: one contract for all engines, on real processes."""

import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from modelfleet.domain.errors import TaskError
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.engine import Call, dask, futures, make_job, map_shards, open_engine
from modelfleet.fleet.engine.futures import run_futures
from modelfleet.fleet.engine.memory import KEEP_MEMORY
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.workspace import ObjectWorkspace
from tests.clusters import DaskCluster, start_cluster
from tests.fleet.engine.tasks import MANY, MANY_SOURCE, SENSORS, SOURCE, SumTask, computed

pytestmark = pytest.mark.xdist_group("clusters")


def parameters(backend: str, address: str | None = None) -> EngineParameters:
    """Two workers, and tasks small enough that both have some."""
    return EngineParameters.model_validate(
        {"backend": backend, "address": address, "workers": 2, "sensors_per_task": 5}
    )


@pytest.fixture(params=["sequential", "loky", "dask", "dask-cluster"])
def engine(request: pytest.FixtureRequest) -> EngineParameters:
    """Every engine; Dask as a cluster of its own, and as one that others have started."""
    if request.param == "dask-cluster":
        return parameters("dask", request.getfixturevalue("dask_cluster").address)
    return parameters(request.param)


@pytest.fixture
def cluster(dask_cluster: DaskCluster) -> EngineParameters:
    """The engine on the cluster that others have started."""
    return parameters("dask", dask_cluster.address)


def run(task: SumTask, folder: Path, engine: EngineParameters) -> ShardedFrame:
    """Run a task in a workspace of its own."""
    workspace = ObjectWorkspace(str(folder / "workspace"))
    return map_shards(task, source=MANY_SOURCE, workspace=workspace, engine=engine)


def contents(frame: ShardedFrame) -> dict[str, bytes]:
    """The bytes of all files."""
    return {file: Path(frame.root, file).read_bytes() for file in frame.files}


@pytest.fixture
def whole(tmp_path: Path) -> ShardedFrame:
    """What one process makes of whole shards."""
    task = SumTask(MANY, str(tmp_path / "whole-marks"))
    engine = EngineParameters(backend="sequential", sensors_per_task=200)
    return run(task, tmp_path / "whole", engine)


def test_all_engines_agree_to_the_byte(
    engine: EngineParameters, tmp_path: Path, whole: ShardedFrame
) -> None:
    """File by file, names and contents."""
    task = SumTask(MANY, str(tmp_path / "marks"))
    assert contents(run(task, tmp_path, engine)) == contents(whole)
    assert set(computed(task).values()) == {1}


def test_an_error_in_the_task_ends_the_run_and_names_its_shard(
    engine: EngineParameters, tmp_path: Path
) -> None:
    """A bug is told once, at once, with the words of the exception."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s17": "raise"})
    with pytest.raises(TaskError, match="sums: shard 2: RuntimeError: a bug"):
        run(task, tmp_path, engine)


def test_a_worker_uses_one_thread(engine: EngineParameters, tmp_path: Path) -> None:
    """There are as many workers as cores: more threads would only be in each other's way."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s17": "threads"})
    row = run(task, tmp_path, engine).scan().filter(sensor_id="s17").collect()
    assert row["total"].to_list() == [1.0]


@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_a_worker_of_ours_keeps_its_memory_for_the_next_shard(backend: str, tmp_path: Path) -> None:
    """Else the system clears the same pages anew; allocators are told when the process starts."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s17": "keep"})
    row = run(task, tmp_path, parameters(backend)).scan().filter(sensor_id="s17").collect()
    assert row["total"].to_list() == [len(KEEP_MEMORY)]


def test_a_worker_with_other_code_is_refused(engine: EngineParameters, tmp_path: Path) -> None:
    """Its results would stand under the name of this code's."""
    job = make_job(SumTask(SENSORS, str(tmp_path / "marks")), 1, SOURCE.shards()[1])
    workspace = ObjectWorkspace(str(tmp_path))
    stranger = Call((replace(job, file="sums/0001-other.parquet"),), SOURCE, workspace)
    with (
        open_engine(engine) as opened,
        pytest.raises(TaskError, match=r"shard 1: the worker on .* has other code or libraries"),
    ):
        list(opened.run([stranger]))


def test_dask_finds_the_sensor_that_kills_its_worker(
    cluster: EngineParameters, tmp_path: Path, whole: ShardedFrame
) -> None:
    """On a cluster it is the same sensor, the same row and the same files as on one machine."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s17": "kill"})
    there = run(task, tmp_path / "there", cluster)
    here = run(replace(task, marks=str(tmp_path / "here-marks")), tmp_path, parameters("loky"))
    assert contents(there) == contents(here)
    failed = there.scan().filter(outcome="failed").select("sensor_id", "reason").collect()
    assert failed.rows() == [("s17", "worker_died")]
    others = pl.col("sensor_id") != "s17"
    assert there.scan().filter(others).collect().equals(whole.scan().filter(others).collect())


def test_a_worker_of_the_cluster_that_is_shot_costs_nobody_anything(
    dask_cluster: DaskCluster, cluster: EngineParameters, tmp_path: Path, whole: ShardedFrame
) -> None:
    """Somebody switches a machine off in the middle of the work."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds=dict.fromkeys(("s05", "s30"), "wait"))
    victim = dask_cluster.workers()[0]

    def shoot() -> None:
        while not {"s05", "s30"} <= computed(task).keys():
            time.sleep(0.01)
        os.kill(victim, signal.SIGKILL)

    shooter = threading.Thread(target=shoot)
    shooter.start()
    result = run(task, tmp_path, cluster)
    shooter.join()
    assert contents(result) == contents(whole)
    assert victim not in dask_cluster.workers()


def test_a_cluster_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says where, and what to do."""
    monkeypatch.setattr(dask, "ANSWER", 1.0)
    task = SumTask(MANY, str(tmp_path / "marks"))
    with pytest.raises(TaskError, match=r"no Dask cluster .* at tcp://127\.0\.0\.1:9: .* start"):
        run(task, tmp_path, parameters("dask", "tcp://127.0.0.1:9"))


def test_a_cluster_whose_last_worker_is_gone_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody starts workers anew, the run ends instead of standing still."""
    monkeypatch.setattr(futures, "PATIENCE", 1.0)
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s17": "kill"})
    with (
        start_cluster(tmp_path, "--no-nanny") as lonely,
        pytest.raises(TaskError, match=r"no worker is left at tcp://127\.0\.0\.1"),
    ):
        run(task, tmp_path, parameters("dask", lonely.address))


def test_ray_runs_a_fleet_and_finds_a_killer(tmp_path: Path, whole: ShardedFrame) -> None:
    """The adapter for Ray, on a cluster of two processes that it starts and ends."""
    task = SumTask(MANY, str(tmp_path / "marks"), deeds={"s17": "kill"})
    result = run(task, tmp_path, parameters("ray"))
    failed = result.scan().filter(outcome="failed").select("sensor_id", "reason").collect()
    assert failed.rows() == [("s17", "worker_died")]
    same = [file for file in whole.files if contents(whole)[file] == contents(result)[file]]
    assert len(same) == len(MANY) - 1


def test_calls_are_made_when_there_is_a_worker_for_them(tmp_path: Path) -> None:
    """The driver's memory does not grow with the fleet: no more calls exist than are under way."""
    made, over = 0, 0

    def calls() -> Iterator[Call]:
        nonlocal made
        for _ in range(50):
            made += 1
            assert made - over <= 3
            yield Call((), SOURCE, ObjectWorkspace(str(tmp_path)))

    with ThreadPoolExecutor(3) as pool:
        for _ in run_futures(calls(), pool.submit, window=lambda: 3, deaths=()):
            over += 1
    assert (made, over) == (50, 50)


def test_what_a_worker_is_handed_is_small(tmp_path: Path) -> None:
    """A call names its sensors; no reading and no result travels with it."""
    task = SumTask({0: tuple(f"{n:06}" for n in range(200))}, str(tmp_path / "marks"))
    workspace = ObjectWorkspace(str(tmp_path))
    call = Call((make_job(task, 0, ""),), SOURCE, workspace)
    assert len(pickle.dumps(call)) < 10_000
