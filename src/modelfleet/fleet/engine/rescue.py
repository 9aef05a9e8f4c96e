"""Finding the sensor that kills its worker, and letting go of it alone."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from modelfleet.domain.errors import TaskError, listing
from modelfleet.fleet.engine.base import Engine
from modelfleet.fleet.engine.jobs import Job
from modelfleet.fleet.engine.work import Call, join_pieces
from modelfleet.fleet.isolation import failed_row
from modelfleet.fleet.sharded import ReadingsSource, Workspace

__all__ = ["WORKER_DIED", "Rescue"]

logger = logging.getLogger(__name__)

WORKER_DIED = "worker_died"
"""Reason of a sensor whose computation ends the process that it runs in."""


@dataclass
class Rescue:
    """Runs jobs whose worker died, each in a call of its own.

    Most were only near one that kills, or met a machine that went away: those are done now. A job
    that kills again is halved, and so on, down to the sensor that does it. Halves that live are
    stored, so nothing is computed twice, and join to the job's own result.

    Attributes:
        engine: where calls run.
        source: where readings come from.
        workspace: where results go.
        most: how many sensors may be let go before the fault must lie elsewhere.
    """

    engine: Engine
    source: ReadingsSource
    workspace: Workspace
    most: int
    lost: list[str] = field(default_factory=list)

    def run(self, jobs: Sequence[Job]) -> Iterator[Job]:
        """Bring each job to its end, and tell of it.

        Raises:
            TaskError: more than ``most`` sensors killed their workers.
        """
        if jobs:
            logger.warning(
                "%s: a worker died; %d sensors are done again, shard by shard: %s",
                jobs[0].task.kind,
                sum(job.sensors for job in jobs),
                listing(sorted({job.shard for job in jobs})),
            )
        for job in jobs:
            self._finish(job)
            yield job

    def _finish(self, job: Job) -> None:
        if not self._lives(job):
            if job.sensors == 1:
                self._let_go(job)
            else:
                self._halve(job)
        if job.joint:
            join_pieces(job.joint, self.workspace)

    def _lives(self, job: Job) -> bool:
        (ended,) = self.engine.run([Call((job,), self.source, self.workspace)])
        return not ended.died

    def _halve(self, job: Job) -> None:
        logger.warning(
            "%s: shard %d: a worker died again on %d sensors; they are halved",
            job.task.kind,
            job.shard,
            job.sensors,
        )
        halves = job.cut(2)
        for half in halves:
            self._finish(half)
        self.workspace.remove([half.file for half in halves])

    def _let_go(self, job: Job) -> None:
        (sensor_id,) = job.task.sensor_ids()
        self.lost.append(sensor_id)
        if len(self.lost) > self.most:
            raise TaskError(
                f"{job.task.kind}: workers died on each of {listing(self.lost)}, which are more "
                f"than engine.max_lost_sensors, {self.most}: look for the cause in the workers' "
                "memory and libraries first; what is finished is kept, run again when it is mended"
            )
        logger.warning("sensor %r failed: %s", sensor_id, WORKER_DIED)
        row = failed_row(sensor_id, WORKER_DIED)
        self.workspace.put(job.file, pl.DataFrame([row], schema=job.task.schema))
