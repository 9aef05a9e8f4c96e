"""Sorts the rows of a shard by sensor and time, where they lie in a few sorted files."""

import numpy as np
import polars as pl

__all__ = ["by_sensor_and_time"]


def by_sensor_and_time(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted by ``sensor_id`` and ``timestamp``; rows that are equal in both keep their order.

    Files are sorted in themselves, and a later one mostly goes on where the one before ended. So
    what is sorted are runs: rows of one sensor without a step back in time, a few per sensor and
    file. Only where two runs of a sensor overlap, as they do after late rows, are rows compared.
    """
    starts = _starts(rows)
    if len(starts) > rows.height // 4:
        return rows.sort("sensor_id", "timestamp", maintain_order=True)
    ids, times = rows["sensor_id"], rows["timestamp"]
    stops = starts.shift(-1, fill_value=rows.height)
    runs = pl.DataFrame(
        {
            "sensor_id": ids.gather(starts),
            "first": times.gather(starts),
            "last": times.gather(stops - 1),
            "start": starts,
            "length": stops - starts,
        }
    )
    if _follow(runs):
        return rows
    runs = runs.sort("sensor_id", "first", "start")
    if not _follow(runs):
        return rows.sort("sensor_id", "timestamp", maintain_order=True)
    return rows[_rows_of(runs)]


def _starts(rows: pl.DataFrame) -> pl.Series:
    """Where another sensor begins, or a step back in time."""
    lengths = rows["sensor_id"].rle().struct.field("len")  # to compare all texts takes as long
    times = rows["timestamp"].to_physical().to_numpy()
    falls = np.flatnonzero(times[1:] < times[:-1]) + 1
    begins = np.union1d(lengths.cum_sum().to_numpy() - lengths.to_numpy(), falls)
    return pl.Series(begins.astype(np.uint32))  # what Polars counts rows in


def _follow(runs: pl.DataFrame) -> bool:
    """Whether each run begins after the one before it: a later sensor, or not before its end."""
    ids, before = runs["sensor_id"], runs["sensor_id"].shift()
    later = (ids == before) & (runs["first"] >= runs["last"].shift())
    return bool(((ids > before) | later).slice(1).all())


def _rows_of(runs: pl.DataFrame) -> pl.Series:
    """Numbers of the rows of all runs, one run after the other."""
    starts, lengths = (runs[name].to_numpy().astype(np.int64) for name in ("start", "length"))
    places = np.cumsum(lengths) - lengths
    rows = np.arange(lengths.sum()) + np.repeat(starts - places, lengths)
    return pl.Series(rows.astype(np.uint32))  # what Polars counts rows in
