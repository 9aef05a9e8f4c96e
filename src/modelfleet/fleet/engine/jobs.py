"""From the shards of a task to jobs for workers.

A job is a whole shard, or a piece of a large one. Its result is a file named by all that shapes it,
its sensors included. The pieces of a shard are joined to the file that the whole shard would have
made, so nothing that stays on disk tells how a shard was cut.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from modelfleet.domain.lineage import digest_of
from modelfleet.fleet.code import code_digest
from modelfleet.fleet.engine.task import ShardTask
from modelfleet.fleet.sharded import file_name

__all__ = ["Job", "Joint", "make_batches", "make_job", "result_file", "split_jobs"]

SHARE = 2
"""Batches that each worker could still get, if all were as large as the next one."""


@dataclass(frozen=True)
class Joint:
    """A file that is made by joining others, row after row.

    Attributes:
        file: what is made.
        pieces: the files it is made of, in the order of their rows.
    """

    file: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """Sensors of one shard that a worker computes in one go.

    Attributes:
        task: what to do, with only what these sensors need.
        shard: that the sensors belong to.
        content: digest of the shard's readings.
        file: where the result goes.
        joint: what the result is a piece of; ``None`` for a whole shard.
    """

    task: ShardTask
    shard: int
    content: str
    file: str
    joint: Joint | None = None

    @property
    def sensors(self) -> int:
        """How many sensors it has."""
        return len(self.task.sensor_ids())

    @property
    def effort(self) -> int:
        """How dear it is; at least as many as it has sensors."""
        return max(self.task.effort(), self.sensors)

    def cut(self, pieces: int) -> "list[Job]":
        """As many jobs of nearly equal size, whose results join to this one's."""
        bounds = [self.sensors * number // pieces for number in range(pieces + 1)]
        tasks = [self.task.piece(start, stop) for start, stop in pairwise(bounds)]
        files = tuple(result_file(task, self.shard, self.content) for task in tasks)
        joint = Joint(self.file, files)
        return [
            Job(task, self.shard, self.content, file, joint)
            for task, file in zip(tasks, files, strict=True)
        ]


def result_file(task: ShardTask, shard: int, content: str) -> str:
    """The file of a result, named by everything that shapes it."""
    return file_name(
        task.kind, shard, digest_of(task.kind, code_digest(), task.fingerprint(), content)
    )


def make_job(task: ShardTask, shard: int, content: str) -> Job:
    """The job of a whole shard, whose readings have the digest ``content``."""
    part = task.part(shard)
    return Job(part, shard, content, result_file(part, shard, content))


def split_jobs(jobs: Iterable[Job], most: int) -> Iterator[Job]:
    """Cut the jobs that are dearer than ``most`` cheap sensors, down to single ones."""
    for job in jobs:
        pieces = min(math.ceil(job.effort / most), job.sensors)
        yield from job.cut(pieces) if pieces > 1 else [job]


def make_batches(jobs: Sequence[Job], *, workers: int, most: int) -> list[tuple[Job, ...]]:
    """Join small jobs to batches of at most ``most`` cheap sensors.

    A batch costs some milliseconds, and a worker that finds none left waits for the others: so they
    become smaller towards the end (Hummel et al., 1992, doi:10.1145/135226.135232).
    """
    left = sum(job.effort for job in jobs)
    batches: list[list[Job]] = []
    size = target = 0
    for job in jobs:
        if size >= target or size + job.effort > most:
            batches.append([])
            size, target = 0, max(left // (SHARE * workers), 1)
        batches[-1].append(job)
        size += job.effort
        left -= job.effort
    return [tuple(batch) for batch in batches]
