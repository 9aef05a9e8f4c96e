"""Companions of the whole fleet, such as the weather, on the fleet's grid."""

import logging

import polars as pl

from modelfleet.domain.errors import DataError, listing
from modelfleet.domain.features import Covariates
from modelfleet.domain.grid import Grid
from modelfleet.domain.parameters.ingestion import CovariateLayout
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.ingest.clock import to_grid, to_utc
from modelfleet.fleet.ingest.layout import require_columns
from modelfleet.fleet.ingest.values import to_numbers

__all__ = ["covariate_arrays", "read_covariates"]

logger = logging.getLogger(__name__)

UTC = pl.Datetime("us", "UTC")
WHAT = "raw covariates"
ROW = "(row 0 is the first)"


def read_covariates(
    raw: pl.DataFrame, layout: CovariateLayout, *, grid: Grid, tolerance_minutes: float
) -> pl.DataFrame:
    """Bring covariates into one shape: ``timestamp`` (UTC, on the grid) and one column each.

    Rows of an hour that spring skips, or that autumn repeats and no order tells apart, are left out
    and logged as a warning; a time that misses the grid within tolerance is moved to it.

    Returns:
        sorted by time; null where a value is missing.

    Raises:
        SchemaError: a column is missing, or holds neither numbers nor text.
        DataError: a value is no finite number; a time is missing, cannot be read, misses the grid
            or stands in two rows.
    """
    needed = [layout.timestamp, *layout.columns]
    require_columns(raw.columns, needed, what=WHAT, setting="ingestion.covariates")
    table = raw.select(
        pl.col(layout.timestamp).alias("timestamp"),
        *(_numbers(raw, name) for name in layout.columns),
    )
    if table.is_empty():
        table = table.with_columns(pl.col("timestamp").cast(UTC))
    table = to_utc(table, zone=layout.time_zone, what=WHAT).with_row_index("row")
    known = (table["time_fault"].is_null() & table["time"].is_not_null()).alias("known")
    _tell_lost(table.filter(~known), layout.timestamp)
    step_minutes = grid.step_minutes
    placed = to_grid(
        table.filter(known).lazy(), step_minutes=step_minutes, tolerance_minutes=tolerance_minutes
    ).collect()
    _check_times(placed, layout.timestamp, grid)
    time = pl.from_epoch(pl.col("step") * (step_minutes * 60), "s").dt.replace_time_zone("UTC")
    return placed.select(time.cast(UTC).alias("timestamp"), *layout.columns).sort("timestamp")


def covariate_arrays(table: pl.DataFrame, axis: Axis) -> Covariates | None:
    """Covariates as arrays on the grid, or ``None`` where the fleet has none."""
    names = [name for name in table.columns if name != "timestamp"]
    if not names or table.is_empty():
        return None
    index = table.select(axis.index_of("timestamp"))["timestamp"]
    grid = pl.DataFrame({"timestamp": range(int(index[0]), int(index[-1]) + 1)})
    aligned = grid.join(table.with_columns(timestamp=index), on="timestamp", how="left")
    values = aligned.select(pl.col(names).cast(pl.Float64)).fill_null(float("nan")).to_numpy()
    return Covariates(int(index[0]), tuple(names), values.copy(order="C"))


def _numbers(raw: pl.DataFrame, name: str) -> pl.Series:
    """A column as numbers, null where missing."""
    cells = raw.select(value=pl.col(name)).with_row_index("row")
    parsed = to_numbers(cells.lazy(), what=f"{WHAT}, column {name!r}").collect()
    wrong = parsed.filter(pl.col("value_fault").is_not_null())
    if wrong.height:
        raise DataError(
            f"{WHAT}, column {name!r}: {wrong.height} values are no finite numbers, such as "
            f"{wrong['value'][0]!r}, in rows {listing(wrong['row'])} {ROW}; correct them, or leave "
            "them empty"
        )
    return parsed["number"].alias(name)


def _tell_lost(lost: pl.DataFrame, column: str) -> None:
    """Refuse rows without a time, and name those that a change of the clocks took."""
    fault = pl.col("time_fault").cast(pl.String).fill_null("unreadable_timestamp")
    unreadable = lost.filter(fault == "unreadable_timestamp")
    if unreadable.height:
        raise DataError(
            f"{WHAT}, column {column!r}: {unreadable.height} times are missing or cannot be read, "
            f"such as {unreadable['timestamp'][0]!r}, in rows {listing(unreadable['row'])} {ROW}; "
            "correct them, times are written like 2018-01-31T13:00"
        )
    for code, rows in lost.group_by(fault, maintain_order=True).agg("row").iter_rows():
        logger.warning("%s: %d rows left out, %s: %s", WHAT, len(rows), code, listing(rows))


def _check_times(table: pl.DataFrame, column: str, grid: Grid) -> None:
    between = table.filter("off_grid")
    if between.height:
        raise DataError(
            f"{WHAT}, column {column!r}: {between.height} times miss the fleet's step of "
            f"{grid.step_minutes} minutes, such as {between['timestamp'][0]!r}, in rows "
            f"{listing(between['row'])} {ROW}; bring them to the fleet's step, a mean per step for "
            "instance"
        )
    twice = table.filter(pl.col("step").is_duplicated()).sort("step", "row")
    if twice.height:
        raise DataError(
            f"{WHAT}, column {column!r}: {twice.height} rows share their time with another, such "
            f"as {twice['timestamp'][0]!r}, in rows {listing(twice['row'])} {ROW}; keep one of each"
        )
