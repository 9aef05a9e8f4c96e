"""Where validation left each sensor: admitted, in quarantine, or retired by its owner."""

import polars as pl

from modelfleet.fleet.retirement import RETIRED

__all__ = ["STANDINGS", "find_standings", "standing"]

STANDINGS = ("quarantined", "admitted", "retired")
"""What needs people first, what rests last. Retirement is its owner's decision and no trouble."""


def standing() -> pl.Expr:
    """The column ``standing``, one of :data:`STANDINGS`, from ``admitted`` and ``reasons``."""
    retired = pl.col("reasons").list.contains(RETIRED).fill_null(value=False)
    return (
        pl.when(retired)
        .then(pl.lit("retired"))
        .when(pl.col("admitted").fill_null(value=False))
        .then(pl.lit("admitted"))
        .otherwise(pl.lit("quarantined"))
        .alias("standing")
    )


def find_standings(admissions: pl.DataFrame) -> pl.DataFrame:
    """``sensor_id``, ``standing`` and ``reasons`` of every known sensor, in the order given."""
    return admissions.select("sensor_id", standing(), "reasons")
