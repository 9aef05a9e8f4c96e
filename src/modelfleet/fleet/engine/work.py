"""What a worker does with the jobs that it is handed."""

import platform
from dataclasses import dataclass

import polars as pl

from modelfleet.domain.errors import TaskError
from modelfleet.fleet.engine.jobs import Job, Joint, result_file
from modelfleet.fleet.isolation import reason_of
from modelfleet.fleet.sharded import ReadingsSource, Workspace

__all__ = ["Call", "join_pieces"]


FEW = 8
"""Sensors up to which they alone are read: to look for more takes longer than it saves."""


@dataclass(frozen=True)
class Call:
    """What a worker is handed at once. Picklable.

    A worker reads and writes by itself, on one thread of BLAS and OpenMP, and returns nothing: done
    is what lies on disk.
    """

    jobs: tuple[Job, ...]
    source: ReadingsSource
    workspace: Workspace

    @property
    def sensors(self) -> int:
        """How many sensors it has."""
        return sum(job.sensors for job in self.jobs)

    def __call__(self) -> None:
        """Do the jobs one after the other; each result is stored as soon as it is there.

        Raises:
            TaskError: a job could not be done; it names the shard.
            MemoryError: there is not enough memory for all of it at once.
        """
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1):
            for job in self.jobs:
                try:
                    self._do(job)
                except (TaskError, MemoryError):
                    raise
                except Exception as error:
                    raise TaskError(
                        f"{job.task.kind}: shard {job.shard}: {reason_of(error)}; "
                        "what is finished is kept, run again when the cause is mended"
                    ) from error

    def _do(self, job: Job) -> None:
        if not self.workspace.find([job.file]):  # a worker that died may have finished it
            self.workspace.put(job.file, self._compute(job))
        if job.joint:
            join_pieces(job.joint, self.workspace)

    def _compute(self, job: Job) -> pl.DataFrame:
        if result_file(job.task, job.shard, job.content) != job.file:
            raise TaskError(
                f"{job.task.kind}: shard {job.shard}: the worker on {platform.node()} has other "
                "code or libraries than the run; install the same version of everything on both"
            )
        part = job.joint is not None or job.sensors <= FEW
        only = job.task.sensor_ids() if part else None
        frame = job.task.run(self.source.read(job.shard, only=only))
        if frame.height != job.sensors:
            raise TaskError(
                f"{job.task.kind}: shard {job.shard} has {job.sensors} sensors, "
                f"but {frame.height} results"
            )
        return frame


def join_pieces(joint: Joint, workspace: Workspace) -> None:
    """Join the pieces if all are there: of several who see the last one come, each may do it.

    A piece that goes meanwhile was joined, and cleaned away, by another run of the same work.
    """
    if workspace.find([joint.file]) or len(workspace.find(joint.pieces)) < len(joint.pieces):
        return
    pieces = (workspace.read(piece) for piece in joint.pieces)
    frames = [frame for frame in pieces if frame is not None]
    if len(frames) == len(joint.pieces):
        workspace.put(joint.file, pl.concat(frames))
