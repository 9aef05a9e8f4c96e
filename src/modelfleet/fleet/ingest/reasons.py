"""Why a raw row is rejected."""

import polars as pl

__all__ = ["REASON", "UNREADABLE", "because"]

REASON = pl.Enum(
    [
        "missing_sensor_id",
        "missing_timestamp",
        "unreadable_timestamp",
        "nonexistent_local_time",
        "ambiguous_local_time",
        "unreadable_value",
        "not_finite",
        "implausible_time",
        "before_earliest",
        "in_the_future",
        "off_grid",
        "below_lower_limit",
        "above_upper_limit",
        "conflicting_values",
        "conflicts_with_stored",
    ]
)
"""In the order in which they are looked for: the first thing that is wrong is the reason."""

UNREADABLE = ("unreadable_timestamp", "unreadable_value", "implausible_time")
"""Reasons that speak of a wrong file or layout rather than of a bad measurement."""


def because(condition: pl.Expr, code: str) -> pl.Expr:
    """The reason where a condition holds, null elsewhere."""
    return pl.when(condition).then(pl.lit(code, dtype=REASON))
