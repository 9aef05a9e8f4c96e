"""Readings sensor after sensor: what is said once of a sensor is not repeated in every row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from modelfleet.domain.arrays import IntArray
from modelfleet.fleet.spans import SPANS_SCHEMA

__all__ = ["NO_RUNS", "READINGS_SCHEMA", "Runs"]

READINGS_SCHEMA = pl.Schema(
    {
        "shard": pl.Int32(),
        "sensor_id": pl.String(),
        "timestamp": pl.Datetime("us", "UTC"),
        "value": pl.Float64(),
    }
)

NEVER = 1 << 62
"""Later than any time, in microseconds."""


@dataclass(frozen=True)
class Runs:
    """Rows of one sensor, then those of the next.

    Attributes:
        sensors: ``shard``, ``sensor_id`` and the number of its ``rows``, each sensor once.
        rows: ``timestamp`` and ``value`` of all sensors, of each in the order of time.
    """

    sensors: pl.DataFrame
    rows: pl.DataFrame

    @classmethod
    def of(cls, table: pl.DataFrame) -> Self:
        """From a table sorted by shard, sensor and time, :data:`READINGS_SCHEMA`."""
        runs = table["sensor_id"].rle().struct.unnest()
        starts = runs["len"].cum_sum() - runs["len"]
        shards = table["shard"].gather(starts)
        sensors = pl.DataFrame({"shard": shards, "sensor_id": runs["value"], "rows": runs["len"]})
        return cls(sensors, table.select("timestamp", "value"))

    @property
    def starts(self) -> IntArray:
        """The first row of each sensor."""
        lengths = self.sensors["rows"].to_numpy().astype(np.int64)
        return np.asarray(np.cumsum(lengths) - lengths)

    def table(self) -> pl.DataFrame:
        """One row per reading, :data:`READINGS_SCHEMA`."""
        numbers = np.repeat(np.arange(self.sensors.height), self.sensors["rows"].to_numpy())
        named = self.sensors.select("shard", "sensor_id")[numbers]
        return pl.concat([named, self.rows], how="horizontal").cast(READINGS_SCHEMA)

    def spans(self) -> pl.DataFrame:
        """Times of the first and last value of each sensor, ``SPANS_SCHEMA``."""
        if self.rows.is_empty():
            return pl.DataFrame(schema=SPANS_SCHEMA)
        times = self.rows["timestamp"].to_physical().to_numpy()
        valued = self.rows["value"].is_not_null().to_numpy()
        ends = pl.DataFrame(
            {
                "sensor_id": self.sensors["sensor_id"],
                "first": np.minimum.reduceat(np.where(valued, times, NEVER), self.starts),
                "last": np.maximum.reduceat(np.where(valued, times, -NEVER), self.starts),
            }
        )
        known = (
            pl.when(pl.col(end).abs() < NEVER).then(end).alias(end) for end in ("first", "last")
        )
        return ends.with_columns(known).cast(SPANS_SCHEMA)

    def by_sensor(self) -> Iterator[tuple[int, str, pl.DataFrame]]:
        """Shard, id and rows of each sensor, without a copy."""
        sensors = self.sensors.select("shard", "sensor_id", "rows").iter_rows()
        for (shard, name, length), start in zip(sensors, self.starts.tolist(), strict=True):
            yield shard, name, self.rows.slice(start, length)


# Made without asking Polars for anything: its threads, begun while a module is imported, would be
# missing in a process that is forked later.
NO_RUNS = Runs(
    pl.DataFrame(schema={"shard": pl.Int32, "sensor_id": pl.String, "rows": pl.UInt32}),
    pl.DataFrame(schema={name: READINGS_SCHEMA[name] for name in ("timestamp", "value")}),
)
