"""Environments below conf/: how they are read, and what one may read of another."""

from modelfleet.stores.environments.loader import (
    CONFIG_LOADER_ARGS,
    PRODUCTION,
    FleetConfigLoader,
    config_loader,
    known,
)
from modelfleet.stores.environments.taken import INGESTED, Taken

__all__ = [
    "CONFIG_LOADER_ARGS",
    "INGESTED",
    "PRODUCTION",
    "FleetConfigLoader",
    "Taken",
    "config_loader",
    "known",
]
