"""From a shard's table to one contiguous array per sensor."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.fleet.axis import Axis

__all__ = ["Block", "blocks"]


@dataclass(frozen=True)
class Block:
    """Readings of one sensor on the grid, from its first value to the end of the axis.

    Attributes:
        first: grid index of ``values[0]``.
        values: one per step, NaN where nothing was read; shape (n,).
    """

    first: int
    values: FloatArray


def blocks(readings: pl.DataFrame, axis: Axis) -> Iterator[tuple[str, Block]]:
    """Cut a sorted table of readings into blocks; sensors without a value have none."""
    known = readings.filter(pl.col("value").is_not_null()).select(
        "sensor_id", "value", index=axis.index_of("timestamp")
    )
    if (known["index"] >= axis.stop).any():
        known = known.filter(pl.col("index") < axis.stop)
    ids = known["sensor_id"]
    if ids.is_empty():
        return
    index, value = known["index"].to_numpy(), known["value"].to_numpy()
    starts = np.flatnonzero((ids != ids.shift(1)).fill_null(value=True).to_numpy())
    for start, stop in zip(starts, [*starts[1:], len(ids)], strict=True):
        first = int(index[start])
        values = np.full(axis.stop - first, np.nan)
        values[index[start:stop] - first] = value[start:stop]
        yield ids[int(start)], Block(first, values)
