"""Runs one pure task over all shards of a fleet.

What is done is what lies on disk: a result is stored under a fingerprint of everything that shapes
it, so a killed run goes on where it was and an unchanged shard is never computed again. Workers
read their shard and write their result themselves and return only how many sensors they did.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import polars as pl

from modelfleet.domain.errors import TaskError
from modelfleet.domain.lineage import digest_of
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.code import code_digest
from modelfleet.fleet.progress import show_progress
from modelfleet.fleet.sharded import ReadingsSource, ShardedFrame, Workspace

__all__ = ["Engine", "Job", "ShardTask", "Summary", "make_engine", "map_shards"]

logger = logging.getLogger(__name__)

BATCHES_PER_WORKER = 4


class ShardTask(Protocol):
    """A pure computation on the readings of one shard. Picklable."""

    @property
    def kind(self) -> str:
        """Name of the result, and of its folder in the workspace."""
        ...

    @property
    def schema(self) -> pl.Schema:
        """Columns of the result."""
        ...

    def shards(self) -> Mapping[int, int]:
        """Shards that the task has work for, and how many sensors each has."""
        ...

    def part(self, shard: int) -> Self:
        """The task with only what this shard needs."""
        ...

    def fingerprint(self) -> str:
        """Of what shapes the result, besides readings and code."""
        ...

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        """Compute one row per sensor of the shard."""
        ...


@dataclass(frozen=True)
class Job:
    """One shard's work."""

    task: ShardTask
    shard: int
    sensors: int
    fingerprint: str


@dataclass(frozen=True)
class Summary:
    """What a worker reports of one shard."""

    shard: int
    sensors: int
    file: str


class Engine(Protocol):
    """Runs batches of jobs somewhere."""

    def run(
        self, batches: Sequence[Sequence[Job]], source: ReadingsSource, workspace: Workspace
    ) -> Iterator[Summary]:
        """Run all batches and yield what comes back, in any order."""
        ...

    @property
    def workers(self) -> int:
        """How many batches run at the same time."""
        ...


def map_shards(
    task: ShardTask, *, source: ReadingsSource, workspace: Workspace, engine: EngineParameters
) -> ShardedFrame:
    """Run a task on every shard that it has work for, and gather the results.

    Args:
        task: what to do.
        source: where readings come from.
        workspace: where results go, and where those of earlier runs lie.
        engine: how to run it.
    """
    started = time.perf_counter()
    content = source.shards()
    sensors = task.shards()
    files: dict[int, str] = {}
    jobs: list[Job] = []
    for shard in sorted(sensors):
        part = task.part(shard)
        fingerprint = digest_of(
            task.kind, code_digest(), part.fingerprint(), content.get(shard, "")
        )
        found = workspace.find(task.kind, shard, fingerprint)
        if found is None:
            jobs.append(Job(part, shard, sensors[shard], fingerprint))
        else:
            files[shard] = found
    if jobs:
        runner = make_engine(engine)
        batches = _batches(jobs, runner.workers, engine.sensors_per_task)
        with show_progress(task.kind, sum(job.sensors for job in jobs)) as progress:
            for summary in runner.run(batches, source, workspace):
                files[summary.shard] = summary.file
                progress.advance(summary.sensors)
    if not sensors:
        empty = pl.DataFrame(schema=task.schema)
        files[0] = workspace.put(task.kind, 0, digest_of(task.kind, code_digest()), empty)
    elif files.keys() != sensors.keys():
        lost = sorted(sensors.keys() - files.keys())
        raise TaskError(f"{task.kind}: no result for shards {lost}; run again to compute them")
    logger.info(
        "%s: %d sensors, %d of %d shards computed in %.1f s",
        task.kind,
        sum(sensors.values()),
        len(jobs),
        len(sensors),
        time.perf_counter() - started,
    )
    return ShardedFrame.of(workspace.root, files, sum(sensors.values()))


def make_engine(parameters: EngineParameters) -> Engine:
    """Make the engine that the configuration names."""
    if parameters.backend == "sequential":
        return SequentialEngine()
    if parameters.workers != "auto":
        return LokyEngine(parameters.workers)
    from joblib import cpu_count

    return LokyEngine(cpu_count())


def _batches(jobs: Sequence[Job], workers: int, most: int) -> list[list[Job]]:
    """Join small shards, so that each worker gets a few batches of at most ``most`` sensors."""
    total = sum(job.sensors for job in jobs)
    target = min(most, max(total // (BATCHES_PER_WORKER * workers), 1))
    batches: list[list[Job]] = []
    size = target
    for job in jobs:
        if size >= target:
            batches.append([])
            size = 0
        batches[-1].append(job)
        size += job.sensors
    return batches


def _run_batch(batch: Sequence[Job], source: ReadingsSource, workspace: Workspace) -> list[Summary]:
    """In the worker: one thread, shard after shard, each result stored as soon as it is there."""
    from threadpoolctl import threadpool_limits

    done = []
    with threadpool_limits(limits=1):
        for job in batch:
            frame = job.task.run(source.read(job.shard))
            if frame.height != job.sensors:
                raise TaskError(
                    f"{job.task.kind}: shard {job.shard} has {job.sensors} sensors, "
                    f"but {frame.height} results"
                )
            file = workspace.put(job.task.kind, job.shard, job.fingerprint, frame)
            done.append(Summary(job.shard, job.sensors, file))
    return done


@dataclass(frozen=True)
class SequentialEngine:
    """Everything in this process, one batch after the other."""

    workers: int = 1

    def run(
        self, batches: Sequence[Sequence[Job]], source: ReadingsSource, workspace: Workspace
    ) -> Iterator[Summary]:
        """See :class:`Engine`."""
        for batch in batches:
            yield from _run_batch(batch, source, workspace)


@dataclass(frozen=True)
class LokyEngine:
    """Worker processes on this machine, kept alive between tasks."""

    workers: int

    def run(
        self, batches: Sequence[Sequence[Job]], source: ReadingsSource, workspace: Workspace
    ) -> Iterator[Summary]:
        """See :class:`Engine`."""
        if len(batches) == 1 or self.workers == 1:
            yield from SequentialEngine().run(batches, source, workspace)
            return
        from joblib import Parallel, delayed

        parallel = Parallel(
            n_jobs=self.workers, backend="loky", return_as="generator_unordered", batch_size=1
        )
        for summaries in parallel(delayed(_run_batch)(b, source, workspace) for b in batches):
            yield from summaries
