"""From a shard's table to one contiguous array per sensor."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray, IntArray
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
    known = readings.drop_nulls("value") if readings["value"].null_count() else readings
    times, values = known["timestamp"].dt.epoch("us").to_numpy(), known["value"].to_numpy()
    runs = known["sensor_id"].rle().struct.unnest()  # to compare all texts would take as long
    start = 0
    for sensor_id, length in zip(runs["value"], runs["len"], strict=True):
        part = slice(start, start + length)
        start += length
        # A sensor at a time: the processor's cache holds it.
        index = axis.indices(times[part])
        within = int(np.searchsorted(index, axis.stop))
        if within:
            yield sensor_id, _block(index[:within], values[part][:within], axis.stop)


def _block(index: IntArray, values: FloatArray, stop: int) -> Block:
    """Values at ascending indices of the grid, laid out to its end."""
    first = int(index[0])
    laid = np.full(stop - first, np.nan)
    if int(index[-1]) - first == len(index) - 1:
        laid[: len(values)] = values
    else:
        laid[index - first] = values
    return Block(first, laid)
