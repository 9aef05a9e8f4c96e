"""Measures every sensor of a shard."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import polars as pl

from modelfleet.domain.lineage import canonical_json, digest_of
from modelfleet.domain.parameters.validation import ProfileParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block, blocks
from modelfleet.fleet.isolation import isolated
from modelfleet.fleet.profiles import PROFILE_SCHEMA, profile_block
from modelfleet.fleet.rows import table_of

__all__ = ["ProfileTask"]


@dataclass(frozen=True)
class ProfileTask:
    """One row of :data:`~modelfleet.fleet.profiles.PROFILE_SCHEMA` per known sensor.

    Attributes:
        sensors: known sensor ids by shard.
        axis: the run's time axis.
        parameters: what counts as recent, as stuck, as a jump and as a shift.
    """

    sensors: Mapping[int, tuple[str, ...]]
    axis: Axis
    parameters: ProfileParameters
    kind: str = "profiles"

    @property
    def schema(self) -> pl.Schema:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return PROFILE_SCHEMA

    def shards(self) -> Mapping[int, int]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return {shard: len(ids) for shard, ids in self.sensors.items()}

    def part(self, shard: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return replace(self, sensors={shard: self.sensors[shard]})

    def piece(self, start: int, stop: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return replace(self, sensors={s: ids[start:stop] for s, ids in self.sensors.items()})

    def sensor_ids(self) -> tuple[str, ...]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return tuple(sensor_id for ids in self.sensors.values() for sensor_id in ids)

    def effort(self) -> int:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return len(self.sensor_ids())

    def fingerprint(self) -> str:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        ids = [list(ids) for ids in self.sensors.values()]
        return digest_of(
            canonical_json(ids),
            canonical_json([self.axis.step_minutes, self.axis.time_zone, self.axis.stop]),
            self.parameters.model_dump_json(),
        )

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        found = dict(blocks(readings, self.axis))
        rows = [self._row(sensor_id, found.get(sensor_id)) for sensor_id in self.sensor_ids()]
        return table_of(rows, PROFILE_SCHEMA)

    def _row(self, sensor_id: str, block: Block | None) -> dict[str, object]:
        if block is None:
            return {"sensor_id": sensor_id, "outcome": "no_data", "readings": 0}
        return isolated(
            lambda: profile_block(block, self.axis, self.parameters), sensor_id=sensor_id
        )
