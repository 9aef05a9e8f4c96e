"""What the fleet costs in a year, by cohort."""

from dataclasses import dataclass

import polars as pl

__all__ = ["CostRow", "Costs", "add_costs"]

FIGURES = ("cost_without_model", "cost_baseline", "cost_candidate")


@dataclass(frozen=True)
class CostRow:
    """One cohort, or the fleet; amounts per year.

    Attributes:
        cohort: its name.
        sensors: in service.
        known: sensors of which all three costs are known; the sums are theirs.
        without: without a model.
        baseline: with the baselines.
        candidate: with the candidates.
        models: sensors that their accepted model serves and whose costs are known.
        saved: what these models save over their baselines.
    """

    cohort: str
    sensors: int
    known: int
    without: float
    baseline: float
    candidate: float
    models: int
    saved: float


@dataclass(frozen=True)
class Costs:
    """The fleet, its cohorts, most saved first, and the currency."""

    fleet: CostRow
    cohorts: tuple[CostRow, ...]
    currency: str


def add_costs(outcomes: pl.DataFrame, scorecard: pl.DataFrame) -> Costs | None:
    """Add up by cohort; ``None`` where the scorecard has no costs or none is known.

    All three sums are over the same sensors, or they could not be compared.
    """
    if not {*FIGURES, "currency"} <= set(scorecard.columns):
        return None
    figures = [pl.col(name).cast(pl.Float64).fill_nan(None) for name in FIGURES]
    table = (
        outcomes.filter(pl.col("outcome") != "retired")
        .join(scorecard.select("sensor_id", *figures), on="sensor_id", how="left")
        .with_columns(
            pl.col("cohort").fill_null("(no cohort)"),
            known=pl.all_horizontal(pl.col(name).is_not_null() for name in FIGURES),
        )
    )
    if not table["known"].any():
        return None
    cohorts = (
        table.group_by("cohort").agg(*_sums()).sort("saved", "cohort", descending=[True, False])
    )
    fleet = table.select(pl.lit("the fleet").alias("cohort"), *_sums()).head(1)
    return Costs(
        fleet=CostRow(**fleet.row(0, named=True)),
        cohorts=tuple(CostRow(**row) for row in cohorts.iter_rows(named=True)),
        currency=str(scorecard["currency"].drop_nulls().first()),
    )


def _sums() -> list[pl.Expr]:
    known = pl.col("known")
    serves = known & (pl.col("serves") == "model")
    saved = pl.col("cost_baseline") - pl.col("cost_candidate")
    return [
        pl.len().alias("sensors"),
        known.sum(),
        pl.col("cost_without_model").filter(known).sum().alias("without"),
        pl.col("cost_baseline").filter(known).sum().alias("baseline"),
        pl.col("cost_candidate").filter(known).sum().alias("candidate"),
        serves.sum().alias("models"),
        saved.filter(serves).sum().alias("saved"),
    ]
