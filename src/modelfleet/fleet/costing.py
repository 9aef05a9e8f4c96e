"""Yearly costs of every sensor beside its other figures."""

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.costs import yearly_costs
from modelfleet.domain.parameters.costs import CostParameters
from modelfleet.fleet.arrays import as_floats

__all__ = ["COST_FIGURES", "with_costs"]

COST_FIGURES = ("cost_without_model", "cost_baseline", "cost_candidate", "cost_saved")


def with_costs(
    scorecard: pl.DataFrame, candidates: pl.DataFrame, parameters: CostParameters
) -> pl.DataFrame:
    """Add what each sensor costs in a year.

    Where there is a candidate, the baseline's error is taken on the candidate's hours: what is
    saved must not come from hours that only one of them forecast.

    Args:
        scorecard: ``sensor_id``, ``kind``, ``mae``, ``mase``, ``baseline_mae``, ``baseline_mase``.
        candidates: ``sensor_id``, and weekly ``baseline_loss`` and ``hours``.
        parameters: prices and rates.

    Returns:
        the scorecard with :data:`COST_FIGURES`, null where unknown, and their ``currency``.
    """
    table = scorecard.join(
        candidates.select("sensor_id", same_hours=_on_same_hours()),
        on="sensor_id",
        how="left",
        maintain_order="left",
    )
    compared, alone = as_floats(table["same_hours"]), as_floats(table["baseline_mae"])
    costs = yearly_costs(
        parameters,
        table["kind"].cast(pl.String).to_list(),
        weekly_difference=_weekly_difference(scorecard),
        baseline_mae=np.where(np.isfinite(compared), compared, alone),
        candidate_mae=as_floats(table["mae"]),
    )
    figures = (costs.without_model, costs.baseline, costs.candidate, costs.saved)
    return scorecard.with_columns(
        *(
            pl.Series(name, values, dtype=pl.Float64).fill_nan(None)
            for name, values in zip(COST_FIGURES, figures, strict=True)
        ),
        currency=pl.lit(parameters.currency),
    )


def _on_same_hours() -> pl.Expr:
    """Mean absolute error of the baseline on the hours on which a candidate was judged."""
    hours = pl.col("hours").cast(pl.List(pl.Float64))
    weekly = pl.col("baseline_loss").cast(pl.List(pl.Float64))
    return (weekly.list.eval(pl.element().fill_nan(0.0)) * hours).list.sum() / hours.list.sum()


def _weekly_difference(scorecard: pl.DataFrame) -> FloatArray:
    """Mean absolute difference to the same hour of last week: an error over its MASE."""

    def difference(error: str, scaled: str) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: FloatArray = as_floats(scorecard[error]) / as_floats(scorecard[scaled])
        return np.where(np.isfinite(ratio), ratio, np.nan)

    known = difference("baseline_mae", "baseline_mase")
    return np.where(np.isfinite(known), known, difference("mae", "mase"))
