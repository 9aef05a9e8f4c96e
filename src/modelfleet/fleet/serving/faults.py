"""Readings that were left out of forecasts: whose, when, and why."""

from collections.abc import Mapping

import polars as pl

from modelfleet.domain.arrays import IntArray

__all__ = ["FAULT_SCHEMA", "as_faults", "count_faults"]

FAULT_SCHEMA = pl.Schema({"sensor": pl.UInt32(), "step": pl.Int64(), "reason": pl.String()})
"""One row per reading: position of the sensor in the release, grid index, null without a time, and
a code."""


def as_faults(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns of :data:`FAULT_SCHEMA`, whatever kinds of numbers and texts they were."""
    return rows.select(FAULT_SCHEMA.names()).cast(FAULT_SCHEMA)


def count_faults(
    faults: pl.DataFrame, asked: IntArray, *, since: int, until: int
) -> dict[int, Mapping[str, int]]:
    """How many readings of each sensor were left out of a stretch, by reason.

    Args:
        faults: of :data:`FAULT_SCHEMA`; those without a time count always.
        asked: positions of the sensors that are forecast; shape (n,).
        since: grid index of the first step of the stretch.
        until: grid index after its last.

    Returns:
        counts by position in ``asked``; no entry where nothing was left out.
    """
    if faults.is_empty():
        return {}
    within = pl.col("step").is_null() | ((pl.col("step") >= since) & (pl.col("step") < until))
    rows = pl.DataFrame({"sensor": asked}, schema={"sensor": pl.UInt32}).with_row_index("row")
    counts = faults.filter(within).join(rows, on="sensor").group_by("row", "reason").len()
    found: dict[int, dict[str, int]] = {}
    for row, reason, count in counts.sort("row", "reason").iter_rows():
        found.setdefault(row, {})[reason] = count
    return dict(found)
