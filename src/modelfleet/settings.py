"""Kedro's settings of this project."""

import atexit
import gc

from modelfleet.hooks import FleetHooks
from modelfleet.stores.environments import CONFIG_LOADER_ARGS

__all__ = ["CONFIG_LOADER_ARGS", "HOOKS"]

# Libraries make half a million objects that stay. Looking for rubbish among them at every 700 new
# ones, and again when the process ends, took three of a run's first and last ten seconds.
gc.set_threshold(50_000, 20, 50)
atexit.register(gc.freeze)

HOOKS = (FleetHooks(),)
