"""The rows of a page's table, as compact JSON that its script reads."""

from typing import Any

import numpy as np
import polars as pl

from modelfleet.reporting.content import ReportContent
from modelfleet.reporting.palette import coverage_steps
from modelfleet.reporting.views import CoverageMap

__all__ = ["as_island", "coverage_letters", "table_island"]

FIGURES = (
    "unit",
    "baseline",
    "baseline_mae",
    "recipe",
    "mae",
    "mase",
    "mean_error",
    "valid_share",
    "rows",
    "carried_hours",
    "excluded_hours",
    "gain",
    "gain_error",
    "probability",
    "p_value",
    "better_weeks",
    "weeks",
)
NO_STEP = "."
STEP_LETTERS = np.array([*"0123456789a", NO_STEP])
"""One letter per week: coverage in tenths, ``a`` for a full week."""


def table_island(
    content: ReportContent, outcomes: pl.DataFrame, coverage: CoverageMap
) -> dict[str, list[Any]]:
    """Columns of the report's table of all sensors, in the order of ``outcomes``."""
    table = (
        outcomes.drop("codes")
        .join(content.sensors.select("sensor_id", "kind"), on="sensor_id", how="left")
        .join(_figures(content.scorecard), on="sensor_id", how="left")
        .join(_weekly_gains(content.candidates), on="sensor_id", how="left")
        .join(coverage_letters(coverage), on="sensor_id", how="left")
    )
    return as_island(table)


def as_island(table: pl.DataFrame) -> dict[str, list[Any]]:
    """Columns as JSON can hold them, ``sensor_id`` as ``id``; what is not finite becomes null."""
    figures = pl.col(pl.Float32, pl.Float64)
    rounded = table.with_columns(figures.fill_nan(None).round_sig_figs(4))
    finite = rounded.with_columns(pl.when(figures.is_finite()).then(figures))
    return finite.rename({"sensor_id": "id"}).to_dict(as_series=False)


def coverage_letters(coverage: CoverageMap) -> pl.DataFrame:
    """``sensor_id`` and ``coverage``: a letter per week, see :data:`STEP_LETTERS`."""
    letters = STEP_LETTERS[coverage_steps(coverage.shares)]
    return pl.DataFrame(
        {
            "sensor_id": pl.Series(coverage.sensors, dtype=pl.String),
            "coverage": pl.Series(["".join(row) for row in letters], dtype=pl.String),
        }
    )


def _figures(scorecard: pl.DataFrame) -> pl.DataFrame:
    trained = [
        pl.col(name).dt.strftime("%Y-%m-%d").alias(name) for name in ("trained_from", "trained_to")
    ]
    return scorecard.select("sensor_id", *FIGURES, *trained)


def _weekly_gains(candidates: pl.DataFrame) -> pl.DataFrame:
    """Gain per judged week in whole percent of the mean baseline loss."""
    loss, theirs = pl.col("loss"), pl.col("baseline_loss")
    gain = theirs - loss
    known = gain.is_finite()  # NaN or null where a week has no loss
    usual = theirs.filter(known).mean().over("sensor_id")
    share = (100 * gain / usual).clip(-9999, 9999).round(mode="half_to_even")
    weekly = (
        candidates.select("sensor_id", "loss", "baseline_loss")
        .explode("loss", "baseline_loss", empty_as_null=True)
        .filter(usual > 0)
        .select("sensor_id", weekly=pl.when(known).then(share).cast(pl.Int32, strict=False))
        .group_by("sensor_id", maintain_order=True)
        .agg("weekly")
    )
    none = pl.lit([], dtype=pl.List(pl.Int32))
    return (
        candidates.select("sensor_id")
        .join(weekly, on="sensor_id", how="left", maintain_order="left")
        .with_columns(pl.col("weekly").fill_null(none))
    )
