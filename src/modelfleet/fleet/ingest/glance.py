"""Rows with which nothing is wrong, told by a few looks at all of them rather than one at each.

Most rows of most sources are sound. Where every row of a slice is, what becomes of it is known at a
glance; where one is not, each is judged (:mod:`~modelfleet.fleet.ingest.judgement`) and compared
(:mod:`~modelfleet.fleet.ingest.readings`). What comes out is the same.
"""

from datetime import datetime
from typing import cast

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray, IntArray
from modelfleet.fleet.ingest.account import Account
from modelfleet.fleet.ingest.clock import Clock
from modelfleet.fleet.ingest.judgement import PLAUSIBLE, Rules
from modelfleet.fleet.ingest.readings import NOTHING_REJECTED, Ingested
from modelfleet.fleet.ingest.repetitions import Stored
from modelfleet.fleet.ingest.runs import NO_RUNS, Runs
from modelfleet.fleet.ingest.senders import Slice

__all__ = ["at_a_glance", "worth_a_glance"]


def worth_a_glance(part: Slice, clock: Clock, value: pl.DataType) -> bool:
    """Whether rows of a slice may all be sound by their order and their types.

    Args:
        part: the slice.
        clock: how timestamps are to be read.
        value: type of the values.
    """
    return part.together and clock.is_plain and value.is_numeric()


def at_a_glance(
    rows: pl.DataFrame, senders: pl.DataFrame, *, clock: Clock, rules: Rules, stored: Stored,
    name: str,
) -> Ingested | None:  # fmt: skip
    """What becomes of rows that are all sound, and later than what is stored.

    Args:
        rows: ``raw_id``, ``timestamp`` and ``value`` as they came, of one sensor after the other.
        senders: who sent them.
        clock: how timestamps are to be read; a plain one.
        rules: by which rows are judged.
        stored: what is known before the batch.
        name: of the batch.

    Returns:
        ``None`` where a row is not sound, or is not by itself.
    """
    if rows.is_empty() or rows["timestamp"].has_nulls():
        return None
    sensors = _sensors(rows["raw_id"], senders)
    if sensors is None:
        return None
    times, values = clock.plain_time(rows["timestamp"]), rows["value"].cast(pl.Float64)
    if values.is_nan().any():
        values = values.fill_nan(None)
    readings = Runs(sensors, pl.DataFrame({"timestamp": times, "value": values}))
    if not (
        _in_time(times, rules, stored)
        and _on_the_grid(times.to_physical().to_numpy(), readings.starts, rules)
        and _within_limits(values.to_numpy(), readings.starts, sensors)
    ):
        return None
    account = Account(
        batch=name,
        rows_in=rows.height,
        stored=rows.height,
        duplicates=0,
        rejected={},
        missing_values=values.null_count(),
    )
    return Ingested(readings, NO_RUNS, NO_RUNS, NOTHING_REJECTED, account)


def _sensors(ids: pl.Series, senders: pl.DataFrame) -> pl.DataFrame | None:
    """Sensors in the order of their rows; ``None`` where a row has none, or one comes twice."""
    runs = ids.rle().struct.unnest()
    if len(runs) > len(senders):
        return None
    known = senders.select("raw_id", "shard", "sensor_id", "lower_limit", "upper_limit")
    named = runs.select(raw_id="value", rows="len").join(
        known, on="raw_id", how="left", maintain_order="left"
    )
    sound = not named["sensor_id"].has_nulls() and named["sensor_id"].is_unique().all()
    return named if sound else None


def _in_time(times: pl.Series, rules: Rules, stored: Stored) -> bool:
    """Whether all times are allowed, and later than all that is stored."""
    first, last = cast("datetime", times.min()), cast("datetime", times.max())
    earliest, latest = max(PLAUSIBLE[0], rules.ingestion.earliest), min(PLAUSIBLE[1], rules.now)
    return earliest <= first and last <= latest and (stored.last is None or first > stored.last)


def _on_the_grid(times: IntArray, starts: IntArray, rules: Rules) -> bool:
    """Whether all times are steps of the grid, and those of each sensor rise."""
    rises = times[1:] > times[:-1]
    rises[starts[1:] - 1] = True  # where another sensor begins
    step = rules.fleet.grid.step_minutes * 60_000_000
    return bool(rises.all()) and not (times % step).any()


def _within_limits(values: FloatArray, starts: IntArray, sensors: pl.DataFrame) -> bool:
    """Whether all values are finite and between the limits of their sensor, or missing."""
    least, most = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    lower = sensors["lower_limit"].fill_null(-np.inf).to_numpy()
    upper = sensors["upper_limit"].fill_null(np.inf).to_numpy()
    infinite = np.isinf(least) | np.isinf(most)
    return not (infinite | (least < lower) | (most > upper)).any()
