"""Kedro's settings of this project."""

import os

# Polars gives large tables back to the system at once, and gets the next ones page by page: a third
# of the time of ingestion. Its allocator asks for this setting once, when Polars is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "oversize_threshold:0,dirty_decay_ms:5000")

from modelfleet.fleet.processes import collect_rarely
from modelfleet.hooks import FleetHooks, GuardHooks
from modelfleet.session import FleetSession, TakenTablesHooks
from modelfleet.stores.environments import CONFIG_LOADER_ARGS, FleetConfigLoader

__all__ = ["CONFIG_LOADER_ARGS", "CONFIG_LOADER_CLASS", "HOOKS", "SESSION_CLASS"]

collect_rarely()

HOOKS = (FleetHooks(), TakenTablesHooks(), GuardHooks())
CONFIG_LOADER_CLASS = FleetConfigLoader
SESSION_CLASS = FleetSession
