"""What changes for which sensors when one release takes the place of another.

A person approves a release, not 5,000 models: the worst changes come first, the rest is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from modelfleet.fleet.champions import SERVED_BY_MODEL
from modelfleet.fleet.release_totals import totals_by, totals_of

__all__ = ["CHANGES", "NOTICEABLE", "ReleaseDiff", "compare_services"]

CHANGES = (
    "gone",
    "unserved",
    "to_baseline",
    "replaced",
    "to_model",
    "new",
    "renewed_backup",
    "unchanged",
)
"""What happens to a sensor, each has exactly one."""

NOTICEABLE = CHANGES[:-2]
"""Changes that people look at; a baseline fitted anew on newer data is none."""

DROPPED = ("gone", "unserved")


@dataclass(frozen=True)
class ReleaseDiff:
    """Two releases beside each other.

    Attributes:
        sensors: one row per sensor of either, the worst change first: ``change``, what the two
            serve (``…_before`` and plain), ``error_change`` (relative: 0.1 is a tenth more error)
            and ``same_weeks``, true where the gate measured both on the same weeks, false where
            each figure is of its own release's weeks.
        cohorts: one row per cohort, the one that loses most first; see
            :func:`~modelfleet.fleet.release_totals.totals_by`.
        total: the same over all of them, one row.
    """

    sensors: pl.DataFrame
    cohorts: pl.DataFrame
    total: pl.DataFrame

    @property
    def worst(self) -> pl.DataFrame:
        """Sensors with a change that people look at, the worst first."""
        return self.sensors.filter(pl.col("change").is_in(NOTICEABLE))

    def only(
        self, *, cohorts: Sequence[str] | None = None, sensor_id: str | None = None
    ) -> "ReleaseDiff":
        """The same for some cohorts, or for one sensor."""
        chosen = self.sensors
        if cohorts is not None:
            chosen = chosen.filter(pl.col("cohort").is_in(list(cohorts)))
        if sensor_id is not None:
            chosen = chosen.filter(pl.col("sensor_id") == sensor_id)
        return _summed(chosen)


def compare_services(before: pl.DataFrame, after: pl.DataFrame) -> ReleaseDiff:
    """Compare what two releases serve.

    Args:
        before: see :func:`~modelfleet.fleet.service.service_of`; may be empty.
        after: likewise.
    """
    both = (
        after.with_columns(is_after=pl.lit(value=True))
        .join(
            before.with_columns(is_before=pl.lit(value=True)),
            on="sensor_id",
            how="full",
            suffix="_before",
            coalesce=True,
        )
        .with_columns(change=_change(), cohort=pl.coalesce("cohort", "cohort_before"))
        .with_columns(*(_known_before(name) for name in ("skill", "error")), cost=_cost())
        .with_columns(**_error_change())
        .drop("is_before", "is_after")
    )
    rank = pl.col("change").replace_strict(dict.fromkeys(DROPPED, 0), default=1)
    worst_first = [rank, pl.col("error_change").fill_null(0.0)]
    return _summed(both.sort(*worst_first, "sensor_id", descending=[False, True, False]))


def _summed(sensors: pl.DataFrame) -> ReleaseDiff:
    return ReleaseDiff(sensors, totals_by(sensors, "cohort"), totals_of(sensors))


def _change() -> pl.Expr:
    """What happens to each sensor; the first that fits."""
    here, there = pl.col("is_after").is_not_null(), pl.col("is_before").is_not_null()
    model, was_model = _on_model("serves"), _on_model("serves_before")
    served = pl.col("serves").ne_missing("none") & here
    was_served = pl.col("serves_before").ne_missing("none") & there
    same = pl.col("version").eq_missing(pl.col("version_before"))
    return (
        pl.when(there & (~here | (pl.col("outcome") == "retired") & was_served))
        .then(pl.lit("gone"))
        .when(here & ~there)
        .then(pl.lit("new"))
        .when(was_served & ~served)
        .then(pl.lit("unserved"))
        .when(model & ~was_model)
        .then(pl.lit("to_model"))
        .when(was_model & ~model)
        .then(pl.lit("to_baseline"))
        .when(same)
        .then(pl.lit("unchanged"))
        .when(model)
        .then(pl.lit("replaced"))
        .otherwise(pl.lit("renewed_backup"))
    )


def _on_model(column: str) -> pl.Expr:
    return pl.col(column).is_in(SERVED_BY_MODEL).fill_null(value=False)


def _known_before(figure: str) -> pl.Expr:
    """A champion that is too young to be measured has the figures that it came with."""
    carried = pl.when(pl.col("change") == "unchanged").then(f"{figure}_before")
    return pl.coalesce(figure, carried)


def _cost() -> pl.Expr:
    """A champion that stays costs what it cost; the scorecard tells of its candidate."""
    stays = (pl.col("change") == "unchanged") & (pl.col("serves") == "champion")
    return pl.when(stays).then(pl.coalesce("cost_before", "cost")).otherwise("cost")


def _error_change() -> dict[str, pl.Expr]:
    """By how much the error of what serves changes; on the same weeks where that was measured."""
    change = pl.col("change")
    compared = pl.col("champion_version") == pl.col("version_before")
    gain = pl.col("champion_gain")
    fair = (
        pl.when((change == "replaced") & compared)
        .then(-pl.col("improvement"))
        .when((change == "to_baseline") & compared & (gain < 1))
        .then(gain / (1 - gain))
        .when((change == "to_model") & (pl.col("serves_before") == "baseline"))
        .then(-pl.col("skill"))
    )
    apart = pl.col("error") / pl.col("error_before") - 1
    loose = pl.when((change != "unchanged") & apart.is_finite()).then(apart)
    return {"error_change": pl.coalesce(fair, loose), "same_weeks": fair.is_not_null()}
