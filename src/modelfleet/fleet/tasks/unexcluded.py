"""Backtests sensors a second time, as if no event had been left out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import polars as pl

from modelfleet.domain.lineage import digest_of
from modelfleet.fleet.tasks.baseline import BaselineTask
from modelfleet.fleet.tasks.training import TrainingTask

__all__ = ["UnexcludedTask"]


@dataclass(frozen=True)
class UnexcludedTask:
    """One row of :data:`~modelfleet.fleet.tasks.training.CANDIDATE_SCHEMA` per sensor.

    The same tasks as in the run, on members without exclusions: the baseline is chosen anew, too.

    Attributes:
        backup: chooses baselines.
        training: makes candidates; its baselines are those that ``backup`` chooses.
    """

    backup: BaselineTask
    training: TrainingTask
    kind: str = "unexcluded_candidates"

    @property
    def schema(self) -> pl.Schema:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.training.schema

    def shards(self) -> Mapping[int, int]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.training.shards()

    def part(self, shard: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return replace(self, backup=self.backup.part(shard), training=self.training.part(shard))

    def piece(self, start: int, stop: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        backup, training = self.backup.piece(start, stop), self.training.piece(start, stop)
        return replace(self, backup=backup, training=training)

    def sensor_ids(self) -> tuple[str, ...]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.training.sensor_ids()

    def effort(self) -> int:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.training.effort()

    def fingerprint(self) -> str:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return digest_of(self.backup.fingerprint(), self.training.fingerprint())

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        backups = self.backup.run(readings).select("sensor_id", "baseline")
        return replace(self.training, baselines=dict(backups.iter_rows())).run(readings)
