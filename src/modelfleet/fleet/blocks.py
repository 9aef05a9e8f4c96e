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
    edges = _edges(known["sensor_id"], times)
    ids = known["sensor_id"].gather(edges[:-1])
    for sensor_id, start, stop in zip(ids, edges[:-1], edges[1:], strict=True):
        # A sensor at a time: the processor's cache holds it.
        index = axis.indices(times[start:stop])
        within = int(np.searchsorted(index, axis.stop))
        if within:
            yield sensor_id, _block(index[:within], values[start : start + within], axis.stop)


def _edges(ids: pl.Series, times: IntArray) -> IntArray:
    """Where each sensor's rows begin, and the end of all.

    Time steps back where another sensor begins, which is seen in a tenth of the time that it takes
    to compare all names. Where one ended before the next began, names are compared.
    """
    falls = np.flatnonzero(times[1:] < times[:-1]) + 1
    edges = np.unique([0, *falls, len(times)])
    if (ids.gather(edges[:-1]) == ids.gather(edges[1:] - 1)).all():
        return edges
    return np.append(0, ids.rle().struct.field("len").cum_sum().to_numpy())


def _block(index: IntArray, values: FloatArray, stop: int) -> Block:
    """Values at ascending indices of the grid, laid out to its end."""
    first = int(index[0])
    laid = np.full(stop - first, np.nan)
    if int(index[-1]) - first == len(index) - 1:
        laid[: len(values)] = values
    else:
        laid[index - first] = values
    return Block(first, laid)
