"""What a release must know of each sensor's history to forecast it from recent readings alone.

Whoever serves the sensor, a fresh model, a kept one or the baseline, needs the same: it depends on
readings and exclusions only, so it is taken anew in every run.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.periods import cut
from modelfleet.domain.weekly_sums import WeeklySums
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.judged import Judged
from modelfleet.fleet.roster import Periods

__all__ = ["STATE_COLUMNS", "history_begins", "state_columns"]

STATE_COLUMNS: Mapping[str, pl.DataType] = {
    "weekly_total": pl.List(pl.Float64),
    "weekly_count": pl.List(pl.Int32),
    "excluded": pl.List(pl.Int64),
}
"""Sum and number of the learnable readings per slot of the local week, of all that lies before the
last ``history_weeks`` of the run; and what is excluded of those weeks, as grid indices: first,
stop, first, stop and so on. What is excluded later is said when forecasting: a release is not
another one because maintenance was planned."""


def history_begins(axis: Axis, *, weeks: int) -> int:
    """Grid index from which on a release asks for readings."""
    return axis.stop - weeks * axis.grid.per_week


def state_columns(judged: Judged, excluded: Periods, axis: Axis, *, weeks: int) -> dict[str, Any]:
    """The entries of :data:`STATE_COLUMNS` of one sensor.

    Args:
        judged: its readings.
        excluded: half-open periods of grid indices that are left out of learning.
        axis: of the run.
        weeks: the last ones, of which readings will be there.
    """
    begin, per_week = history_begins(axis, weeks=weeks), axis.grid.per_week
    known = max(begin - judged.series.first, 0)
    sums = WeeklySums.nothing(per_week).add(
        judged.series.learnable_values[:known], judged.calendar.slot[:known]
    )
    lately = cut(excluded, first=begin, stop=axis.stop)
    return {
        "weekly_total": sums.total,
        "weekly_count": sums.count.astype(np.int32),
        "excluded": [edge for period in lately for edge in period],
    }
