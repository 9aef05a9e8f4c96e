"""Runs one pure task over all shards of a fleet.

What is done is what lies on disk: a result is stored under a fingerprint of everything that shapes
it, so a killed run goes on where it was and an unchanged shard is never computed again. Workers
read their shard and write their result themselves and return nothing.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import nullcontext

import polars as pl

from modelfleet.domain.errors import TaskError, listing
from modelfleet.domain.lineage import digest_of
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.code import code_digest
from modelfleet.fleet.engine.base import Engine
from modelfleet.fleet.engine.jobs import Job, make_batches, make_job, split_jobs
from modelfleet.fleet.engine.opening import open_engine
from modelfleet.fleet.engine.rescue import Rescue
from modelfleet.fleet.engine.task import ShardTask
from modelfleet.fleet.engine.work import Call
from modelfleet.fleet.progress import show_progress
from modelfleet.fleet.sharded import ReadingsSource, ShardedFrame, Workspace, file_name

__all__ = ["map_shards"]

logger = logging.getLogger(__name__)


def map_shards(
    task: ShardTask,
    *,
    source: ReadingsSource,
    workspace: Workspace,
    engine: EngineParameters,
    opened: Engine | None = None,
) -> ShardedFrame:
    """Run a task on every shard that it has work for, and gather the results.

    Args:
        task: what to do.
        source: where readings come from.
        workspace: where results go, and where those of earlier runs lie.
        engine: how to run it.
        opened: an engine that is there already, in place of the configured backend.

    Raises:
        TaskError: a shard could not be computed; what is finished is kept.
    """
    started = time.perf_counter()
    jobs = _jobs(task, source)
    missing = _missing(jobs, workspace)
    if missing:
        with nullcontext(opened) if opened else open_engine(engine) as ready:
            _compute(missing, source, workspace, ready, engine)
        _check(missing, workspace)
    files = {job.shard: job.file for job in jobs} or _empty(task, workspace)
    sensors = sum(task.shards().values())
    logger.info(
        "%s: %d sensors, %d of %d shards computed in %.1f s",
        task.kind,
        sensors,
        len(missing),
        len(jobs),
        time.perf_counter() - started,
    )
    return ShardedFrame.of(workspace.root, files, sensors)


def _jobs(task: ShardTask, source: ReadingsSource) -> list[Job]:
    content = source.shards()
    return [make_job(task, shard, content.get(shard, "")) for shard in sorted(task.shards())]


def _missing(jobs: Sequence[Job], workspace: Workspace) -> list[Job]:
    found = workspace.find([job.file for job in jobs])
    return [job for job in jobs if job.file not in found]


def _compute(
    missing: Sequence[Job],
    source: ReadingsSource,
    workspace: Workspace,
    engine: Engine,
    parameters: EngineParameters,
) -> None:
    """Compute what is missing, whatever happens to workers."""
    most = parameters.sensors_per_task
    jobs = list(split_jobs(missing, most))
    batches = make_batches(jobs, workers=engine.workers, most=most)
    kind = missing[0].task.kind
    suspects: list[Job] = []
    with show_progress(kind, sum(job.sensors for job in jobs)) as progress:
        for ended in engine.run(Call(batch, source, workspace) for batch in batches):
            if ended.died:
                suspects += ended.call.jobs
            else:
                progress.advance(ended.call.sensors)
        rescue = Rescue(engine, source, workspace, parameters.max_lost_sensors)
        for job in rescue.run(suspects):
            progress.advance(job.sensors)
    workspace.remove([job.file for job in jobs if job.joint])


def _check(jobs: Sequence[Job], workspace: Workspace) -> None:
    lost = _missing(jobs, workspace)
    if lost:
        raise TaskError(
            f"{lost[0].task.kind}: no result for shards {listing(job.shard for job in lost)}; "
            "run again to compute them"
        )


def _empty(task: ShardTask, workspace: Workspace) -> dict[int, str]:
    """A result without rows, so that the next stage finds its columns."""
    file = file_name(task.kind, 0, digest_of(task.kind, code_digest()))
    if not workspace.find([file]):
        workspace.put(file, pl.DataFrame(schema=task.schema))
    return {0: file}
