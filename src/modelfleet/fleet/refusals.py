"""What became of the raw rows of each sensor, and what share of them was refused of late."""

from datetime import timedelta

import polars as pl

from modelfleet.fleet.axis import Axis

__all__ = ["with_refusals"]

OUT_OF_RANGE = ("below_lower_limit", "above_upper_limit")
DAY_LENGTH = len("2018-01-31")


def with_refusals(
    profiles: pl.DataFrame, rejected: pl.DataFrame, *, axis: Axis, recent_weeks: int
) -> pl.DataFrame:
    """Add to each sensor what was refused of its rows.

    Args:
        profiles: ``sensor_id``, ``history_weeks`` and ``coverage`` of the recent weeks.
        rejected: rejected rows: ``sensor_id``, ``reason`` and the text of their ``timestamp``.
        axis: its end is the end of the recent weeks.
        recent_weeks: how many they are.

    Returns:
        the profiles with ``rejected_rows``, ``out_of_range_rows`` and ``off_grid_rows`` of all
        time, and of the recent weeks ``rejected_share``, ``off_grid_share`` and ``rows_per_step``.

    A row is of the day that its text names, on the clock of its source: in a share of weeks, hours
    do not matter. Rows that name no day, or one that cannot be, are spread evenly over the history.
    """
    counts = _count(rejected, axis, recent_weeks)
    found = profiles.join(counts, on="sensor_id", how="left", maintain_order="left")
    found = found.with_columns(pl.col(counts.columns[1:]).fill_null(0))
    return found.with_columns(_shares(axis, recent_weeks)).drop("recent", "drifted", "undated")


def _count(rejected: pl.DataFrame, axis: Axis, recent_weeks: int) -> pl.DataFrame:
    text = pl.col("timestamp").str.strip_chars().str.slice(0, DAY_LENGTH)
    day = text.str.to_date("%Y-%m-%d", strict=False)
    begin = axis.time(axis.stop - recent_weeks * axis.grid.per_week).date()
    end = axis.end.date() + timedelta(days=1)  # where clocks are ahead of UTC
    impossible = (pl.col("reason") == "implausible_time") | (day > end)
    undated = day.is_null() | impossible
    recent = ~undated & (day >= begin)
    off_grid = pl.col("reason") == "off_grid"
    flags = {
        "out_of_range_rows": pl.col("reason").is_in(OUT_OF_RANGE),
        "off_grid_rows": off_grid,
        "recent": recent,
        "drifted": recent & off_grid,
        "undated": undated,
    }
    return rejected.group_by("sensor_id").agg(
        pl.len().cast(pl.Int64).alias("rejected_rows"),
        *(flag.sum().cast(pl.Int64).alias(name) for name, flag in flags.items()),
    )


def _shares(axis: Axis, recent_weeks: int) -> list[pl.Expr]:
    per_week = axis.grid.per_week
    # Of a sensor without a reading it is not known since when it sends.
    history = pl.col("history_weeks").fill_null((axis.stop - axis.first) / per_week)
    weeks = history.clip(upper_bound=recent_weeks)
    refused = pl.col("recent") + pl.col("undated") * weeks / history
    steps = weeks * per_week
    rows = refused + pl.col("coverage").fill_null(0.0) * steps
    return [
        (refused / rows.clip(lower_bound=1)).alias("rejected_share"),
        (pl.col("drifted") / rows.clip(lower_bound=1)).alias("off_grid_share"),
        (rows / steps.clip(lower_bound=1)).alias("rows_per_step"),
    ]
