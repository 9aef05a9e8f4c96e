"""Memory that a worker has once, it keeps for its next shard."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["KEEP_MEMORY"]

KEEP_MEMORY: Mapping[str, str] = MappingProxyType(
    {
        "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(2**30),
    }
)
"""Environment of the worker processes that we start ourselves.

The C library, and so numpy, hands memory back between two sensors, and the system clears each page
of it anew. Shards are about as large as each other, so nothing grows by it. GNU's C library reads
these when the process starts; others do not know them. What Polars does stands in the settings.
"""
