"""Memory that a worker has once, it keeps for its next shard."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["KEEP_MEMORY"]

KEEP_MEMORY: Mapping[str, str] = MappingProxyType(
    {
        "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1",  # of Polars, which puts its own before
        "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),  # of the C library, and so of numpy
        "MALLOC_TRIM_THRESHOLD_": str(2**30),
    }
)
"""Environment of the worker processes that we start ourselves.

Allocators hand memory back between two shards, and the system clears every page of it anew: a
tenth of a baseline's time. Shards are about as large as each other, so nothing grows by it. Each
variable is read by one allocator when the process starts; elsewhere it does nothing.
"""
