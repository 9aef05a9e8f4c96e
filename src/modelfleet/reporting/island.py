"""The rows of the page's table, as compact JSON that the script reads."""

from typing import Any

import numpy as np
import polars as pl

from modelfleet.reporting.content import ReportContent
from modelfleet.reporting.palette import coverage_steps
from modelfleet.reporting.views import CoverageMap

__all__ = ["table_island"]

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
    """Columns of the table of all sensors, in the order of ``outcomes``; NaN becomes null.

    ``map`` holds the place in these columns of each row of the coverage map, and ``week_ends``
    says when its weeks end.
    """
    table = (
        outcomes.drop("codes")
        .join(content.sensors.select("sensor_id", "kind"), on="sensor_id", how="left")
        .join(_figures(content.scorecard), on="sensor_id", how="left")
        .join(_weekly_gains(content.candidates), on="sensor_id", how="left")
        .join(_coverage_letters(coverage), on="sensor_id", how="left")
        .with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None).round_sig_figs(4))
    )
    # Infinite figures have no place in JSON.
    finite = pl.col(pl.Float32, pl.Float64)
    table = table.with_columns(pl.when(finite.is_finite()).then(finite))
    places = {sensor: place for place, sensor in enumerate(table["sensor_id"].to_list())}
    return {
        **table.rename({"sensor_id": "id"}).to_dict(as_series=False),
        "map": [places[sensor] for sensor in coverage.sensors if sensor in places],
        "week_ends": [f"{coverage.week_end(c):%d %b %Y}" for c in range(coverage.shares.shape[1])],
    }


def _figures(scorecard: pl.DataFrame) -> pl.DataFrame:
    trained = [
        pl.col(name).dt.strftime("%Y-%m-%d").alias(name) for name in ("trained_from", "trained_to")
    ]
    return scorecard.select("sensor_id", *FIGURES, *trained)


def _weekly_gains(candidates: pl.DataFrame) -> pl.DataFrame:
    """Gain per judged week in whole percent of the mean baseline loss."""
    gains = [
        _gains(row["loss"] or [], row["baseline_loss"] or [])
        for row in candidates.select("loss", "baseline_loss").iter_rows(named=True)
    ]
    weekly = pl.Series("weekly", gains, dtype=pl.List(pl.Int32))
    return candidates.select("sensor_id").with_columns(weekly)


def _gains(loss: list[float | None], baseline_loss: list[float | None]) -> list[int | None]:
    theirs = np.array(baseline_loss, dtype=np.float64)
    gain = theirs - np.array(loss, dtype=np.float64)
    known = np.isfinite(gain)
    usual = float(theirs[known].mean()) if known.any() else 0.0
    if not usual > 0:
        return []
    share = np.clip(100 * gain / usual, -9999, 9999)
    return [round(s) if k else None for s, k in zip(share.tolist(), known.tolist(), strict=True)]


def _coverage_letters(coverage: CoverageMap) -> pl.DataFrame:
    letters = STEP_LETTERS[coverage_steps(coverage.shares)]
    return pl.DataFrame(
        {
            "sensor_id": pl.Series(coverage.sensors, dtype=pl.String),
            "coverage": pl.Series(["".join(row) for row in letters], dtype=pl.String),
        }
    )
