"""Figures of what would be served beside the verdicts: how intervals cover, what rules replace."""

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.gates import Status
from modelfleet.domain.intervals import NO_INTERVAL, NOT_COVERING, judge_coverage
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.rules import NO_FORECAST, Rules
from modelfleet.fleet.arrays import as_floats

__all__ = ["SOUND", "add_served_figures", "replaced_rows"]

SOUND = "sound"
"""An interval that covers as much as it should, or nearly so."""

WORDS = {Status.PASS: SOUND, Status.FAIL: NOT_COVERING, Status.NOT_EVALUABLE: NO_INTERVAL}


def add_served_figures(
    scorecard: pl.DataFrame, candidates: pl.DataFrame, intervals: IntervalParameters
) -> pl.DataFrame:
    """Add to each sensor's row what its candidate would serve.

    Args:
        scorecard: one row per known sensor.
        candidates: one row per admitted sensor; only trained ones have these figures.
        intervals: from where to where coverage is sound.

    Returns:
        the scorecard with ``coverage`` and ``untracked_coverage`` over all judged hours that had
        an interval, ``interval`` (:data:`SOUND`, ``interval_not_covering`` or ``no_interval``: it
        flags the interval, never the model), ``replaced_share`` of the model's rows that rules gave
        to the backup, and the names of these rules in ``rules_broken``.
    """
    trained = candidates.filter(pl.col("outcome") == "trained")
    coverage = _mean_coverage(trained, "coverage")
    words = pl.Series(
        [WORDS[Status(k)] for k in judge_coverage(coverage, intervals)], dtype=pl.String
    )
    figures = trained.select(
        "sensor_id",
        coverage=pl.Series(coverage).fill_nan(None),
        untracked_coverage=pl.Series(_mean_coverage(trained, "untracked_coverage")).fill_nan(None),
        interval=words,
    )
    return scorecard.join(figures, on="sensor_id", how="left", maintain_order="left").join(
        _replaced(trained), on="sensor_id", how="left", maintain_order="left"
    )


def replaced_rows(trained: pl.DataFrame) -> pl.DataFrame:
    """One row per sensor and rule that replaced some of its rows: ``rule``, ``replaced``."""
    broken = trained.select("sensor_id", "rules_broken", "rows_replaced")
    rows = broken.explode("rules_broken", "rows_replaced", keep_nulls=False)
    named = rows.rename({"rules_broken": "rule", "rows_replaced": "replaced"})
    return named.filter(pl.col("rule") != Rules().names[NO_FORECAST])


def _replaced(trained: pl.DataFrame) -> pl.DataFrame:
    """By sensor: the share of its rows that rules replaced, and which rules."""
    by_sensor = (
        replaced_rows(trained)
        .group_by("sensor_id", maintain_order=True)
        .agg(pl.col("replaced").sum(), rules_broken=pl.col("rule"))
    )
    share = pl.col("replaced").fill_null(0) / pl.col("forecast_rows")
    nothing = pl.lit([], dtype=pl.List(pl.String))
    return (
        trained.select("sensor_id", "forecast_rows")
        .join(by_sensor, on="sensor_id", how="left", maintain_order="left")
        .select(
            "sensor_id",
            replaced_share=pl.when(pl.col("forecast_rows") > 0).then(share),
            rules_broken=pl.col("rules_broken").fill_null(nothing),
        )
    )


def _mean_coverage(trained: pl.DataFrame, column: str) -> FloatArray:
    """Weighted by the hours that had an interval, NaN where none had; shape (n,)."""
    weeks = pl.DataFrame(
        {
            "sensor": np.arange(trained.height),
            "coverage": trained[column],
            "hours": trained["interval_hours"],
        }
    ).explode("coverage", "hours")
    covered = pl.col("coverage").fill_null(0.0) * pl.col("hours")
    total = weeks.group_by("sensor", maintain_order=True).agg(
        covered.sum().alias("covered"), pl.col("hours").sum()
    )
    return as_floats(total.select(pl.col("covered") / pl.col("hours")).to_series())
