"""The engine: one pure task over all shards of a fleet, on one machine or on many."""

from modelfleet.fleet.engine.base import Ended, Engine
from modelfleet.fleet.engine.jobs import Job, make_batches, make_job, split_jobs
from modelfleet.fleet.engine.mapping import map_shards
from modelfleet.fleet.engine.opening import open_engine
from modelfleet.fleet.engine.task import ShardTask
from modelfleet.fleet.engine.work import Call

__all__ = [
    "Call",
    "Ended",
    "Engine",
    "Job",
    "ShardTask",
    "make_batches",
    "make_job",
    "map_shards",
    "open_engine",
    "split_jobs",
]
