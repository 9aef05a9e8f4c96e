"""What the engine can run."""

from collections.abc import Mapping
from typing import Protocol, Self

import polars as pl

__all__ = ["ShardTask"]


class ShardTask(Protocol):
    """A pure computation on the readings of one shard. Picklable.

    No number of one sensor may depend on the other sensors of its shard: the engine computes a
    large shard piece by piece.
    """

    @property
    def kind(self) -> str:
        """Name of the result, and of its folder in the workspace."""
        ...

    @property
    def schema(self) -> pl.Schema:
        """Columns of the result; among them ``sensor_id``, ``outcome`` and ``reason``."""
        ...

    def shards(self) -> Mapping[int, int]:
        """Shards that the task has work for, and how many sensors each has."""
        ...

    def part(self, shard: int) -> Self:
        """The task with only what this shard needs."""
        ...

    def piece(self, start: int, stop: int) -> Self:
        """Of a part, only the sensors at these positions."""
        ...

    def sensor_ids(self) -> tuple[str, ...]:
        """Of a part, its sensors in the order of their rows."""
        ...

    def effort(self) -> int:
        """How dear the task is, counted in sensors whose work is cheap; it shapes no number."""
        ...

    def fingerprint(self) -> str:
        """Of what shapes the result, besides readings and code."""
        ...

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        """Compute one row per sensor of a part."""
        ...
