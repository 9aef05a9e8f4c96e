"""Intervals of many sensors at once: their residuals are gathered, tracked, and told in columns."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.intervals import CellPlan, interval_cells, plan_cells, track_intervals
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.isolation import isolated_together
from modelfleet.fleet.rows import table_of

__all__ = ["INTERVAL_COLUMNS", "RESIDUALS", "interval_shape", "table_with_intervals"]

Row = dict[str, Any]

RESIDUALS = "residuals"
"""Entry of a row for its residuals: actual minus forecast, NaN where not valid; shape (weeks,
per_week). It is no column of any table."""

INTERVAL_COLUMNS: Mapping[str, pl.DataType] = {
    "interval": pl.List(pl.Float64),
    "interval_factor": pl.Float64(),
    "interval_hours": pl.List(pl.Float64),
    "coverage": pl.List(pl.Float64),
    "untracked_coverage": pl.List(pl.Float64),
}
"""``interval`` is the half width of each cell (:data:`~modelfleet.domain.intervals.CELLS`) in the
unit of the readings, null where there is none; ``interval_factor`` stretches all of them in the
week to come. By judged week: ``interval_hours`` with an interval from the weeks before, and the
share of their readings that it covered with and without the factor, null where there are none."""


def interval_shape(parameters: IntervalParameters) -> dict[str, Any]:
    """What shapes intervals; how their coverage is judged later does not."""
    return parameters.model_dump(mode="json", exclude={"sound_from", "sound_to"})


def table_with_intervals(
    rows: Sequence[Row], schema: pl.Schema, *, axis: Axis, parameters: IntervalParameters
) -> pl.DataFrame:
    """A table with one row per record, and intervals for all that have residuals.

    All sensors are tracked in one call, which takes a quarter of the time of one call each. If it
    fails, each is tried alone, and only those that fail alone become ``failed``.

    Args:
        rows: one per sensor; those with :data:`RESIDUALS` get an interval.
        schema: of the table, :data:`INTERVAL_COLUMNS` among its columns.
        axis: of the run; the judged weeks are its last ones.
        parameters: coverage, and the tracking of it.
    """
    track = functools.partial(_track, axis=axis, parameters=parameters)
    judged = [row for row in rows if RESIDUALS in row]
    told = isolated_together(track, judged, sensor_ids=[row["sensor_id"] for row in judged])
    found = {row["sensor_id"]: row for row in told}
    table = table_of([found.get(row["sensor_id"], row) for row in rows], schema)
    lists = [name for name, kind in INTERVAL_COLUMNS.items() if isinstance(kind, pl.List)]
    return table.with_columns(pl.col(lists).list.eval(pl.element().fill_nan(None)))


def _track(rows: Sequence[Row], *, axis: Axis, parameters: IntervalParameters) -> list[Row]:
    residuals = np.stack([row[RESIDUALS] for row in rows])
    tracking = track_intervals(residuals, _plan(axis, residuals.shape[1]), parameters)
    hours = axis.grid.hours(1) * tracking.steps
    return [
        {
            **row,
            "interval": tracking.table.half_width[k],
            "interval_factor": float(tracking.table.factor[k]),
            "interval_hours": hours[k],
            "coverage": tracking.coverage[k],
            "untracked_coverage": tracking.untracked[k],
        }
        for k, row in enumerate(rows)
    ]


@functools.lru_cache(maxsize=4)
def _plan(axis: Axis, weeks: int) -> CellPlan:
    """Cells of the judged weeks: the same for all sensors, whenever their readings begin.

    Where the fleet is younger than the judged weeks, nobody has residuals of the steps before it,
    and their cells do not matter.
    """
    wanted = weeks * axis.grid.per_week
    known = min(wanted, axis.stop - axis.first)
    cells = interval_cells(axis.calendar(axis.stop - known, known))
    before = np.zeros(wanted - known, dtype=np.int64)
    return plan_cells(np.concatenate([before, cells]).reshape(weeks, -1))
