"""The difference of two releases in sums: by cohort, and over the fleet."""

import polars as pl

from modelfleet.fleet.champions import SERVED_BY_MODEL

__all__ = ["COUNTS", "totals_by", "totals_of"]

OUTCOMES = ("accepted", "kept", "backup", "quarantined", "failed", "retired")
MOVES = ("replaced", "to_model", "to_baseline", "unserved", "new", "gone")
LOSSES = ("to_baseline", "unserved", "gone")
COUNTS = ("sensors", *OUTCOMES, "carried", *MOVES, "changed_versions", "changed")


def totals_by(sensors: pl.DataFrame, column: str) -> pl.DataFrame:
    """Sums and medians by group, the group that loses most first, then by changes.

    Args:
        sensors: one row per sensor of either release, with its ``change``.
        column: what groups are named by.

    Returns:
        the group; counts (:data:`COUNTS`: outcomes of the later release, ``carried`` where an
        accepted model is the one that served before, and kinds of change); ``models`` and
        ``models_before``; medians of ``skill`` over the sensors on a model and of ``error`` over
        the sensors of both releases, null where units differ; yearly ``cost`` over the sensors
        of both whose costs are known, and how many are ``cost_unknown``; each with ``…_before``.
    """
    grouped = sensors.group_by(column).agg(_totals())
    worst_first = [pl.sum_horizontal(*LOSSES), pl.col("changed"), pl.col(column)]
    return grouped.sort(*worst_first, descending=[True, True, False], nulls_last=True)


def totals_of(sensors: pl.DataFrame) -> pl.DataFrame:
    """The same over all sensors, as one row."""
    return sensors.select(_totals())


def _totals() -> list[pl.Expr]:
    here = pl.col("outcome").is_not_null()
    change = pl.col("change")
    both = here & pl.col("outcome_before").is_not_null()
    moves = {name: change == name for name in MOVES}
    carried = (pl.col("outcome") == "accepted") & (change == "unchanged")
    versions = ~pl.col("version").eq_missing(pl.col("version_before"))
    counts = {
        "sensors": here,
        **{name: pl.col("outcome") == name for name in OUTCOMES},
        "carried": carried,
        **moves,
        "changed_versions": both & versions,
        "changed": pl.any_horizontal(moves.values()),
    }
    return [
        *(which.sum().cast(pl.Int64).alias(name) for name, which in counts.items()),
        *(expression for after in ("_before", "") for expression in _figures(after, both)),
        (both & _costs_unknown()).sum().cast(pl.Int64).alias("cost_unknown"),
        pl.coalesce("currency", "currency_before").drop_nulls().first().alias("currency"),
        _unit().alias("unit"),
    ]


def _figures(suffix: str, both: pl.Expr) -> list[pl.Expr]:
    on_model = pl.col(f"serves{suffix}").is_in(SERVED_BY_MODEL)
    known = both & pl.col("error").is_not_null() & pl.col("error_before").is_not_null()
    error = pl.col(f"error{suffix}").filter(known).median()
    priced = pl.col(f"cost{suffix}").filter(both & ~_costs_unknown())
    return [
        on_model.sum().cast(pl.Int64).alias(f"models{suffix}"),
        pl.col(f"skill{suffix}").filter(on_model).median().alias(f"skill{suffix}"),
        pl.when(_unit().is_not_null()).then(error).alias(f"error{suffix}"),
        pl.when(priced.len() > 0).then(priced.sum()).alias(f"cost{suffix}"),
    ]


def _costs_unknown() -> pl.Expr:
    return pl.col("cost").is_null() | pl.col("cost_before").is_null()


def _unit() -> pl.Expr:
    """The one unit that all have; errors of several cannot be put together."""
    units = pl.coalesce("unit", "unit_before").drop_nulls()
    return pl.when(units.n_unique() == 1).then(units.first())
