"""The fleet by cohort: each has an owner who asks for its line."""

from dataclasses import dataclass

import polars as pl

from modelfleet.reporting.views.outcomes import unserved_in_service

__all__ = ["CohortRow", "count_cohorts"]


@dataclass(frozen=True)
class CohortRow:
    """One cohort.

    Attributes:
        cohort: its name.
        sensors: how many there are.
        model: served by a model.
        baseline: served by a baseline.
        none: served by nothing, though in service.
        retired: out of service.
        gain: median gain of the sensors that a model serves, ``None`` when there are none.
    """

    cohort: str
    sensors: int
    model: int
    baseline: int
    none: int
    retired: int
    gain: float | None


def count_cohorts(outcomes: pl.DataFrame, scorecard: pl.DataFrame) -> tuple[CohortRow, ...]:
    """Count what serves each cohort, least served by models first."""
    served = pl.col("serves")
    on_model = served.is_in(["model", "champion"])
    retired = pl.col("outcome") == "retired"
    in_service = pl.col("sensors") - pl.col("retired")
    table = (
        outcomes.join(scorecard.select("sensor_id", "gain"), on="sensor_id", how="left")
        .group_by(pl.col("cohort").fill_null("(no cohort)"))
        .agg(
            sensors=pl.len(),
            model=on_model.sum(),
            baseline=(served == "baseline").sum(),
            none=unserved_in_service().sum(),
            retired=retired.sum(),
            gain=pl.col("gain").filter(on_model & pl.col("gain").is_finite()).median(),
        )
        .sort(pl.col("model") / in_service, "cohort")
    )
    return tuple(CohortRow(**row) for row in table.iter_rows(named=True))
