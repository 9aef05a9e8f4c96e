"""All sensors, those with most trouble first."""

import polars as pl

from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.limits import limits_of
from modelfleet.reporting.views import STANDINGS, find_standings

__all__ = ["rank_sensors"]

STRAINS = {
    "silence": ("silence_hours", "max_silence_hours"),
    "gap": ("longest_gap_hours", "max_gap_hours"),
    "stuck values": ("stuck_share", "max_stuck_share"),
    "stuck at the end": ("stuck_end_hours", "max_stuck_end_hours"),
    "rejected rows": ("rejected_share", "max_rejected_share"),
    "rows off the grid": ("off_grid_share", "max_off_grid_share"),
}
"""Figures that are zero where nothing is wrong, and the limits of admission on them."""
COVERAGE = "missing values"


def rank_sensors(
    profiles: pl.DataFrame, admissions: pl.DataFrame, validation: ValidationParameters
) -> pl.DataFrame:
    """Order the fleet by trouble: in quarantine, then admitted, then retired.

    Within each, by how much of the limit that it comes closest to a sensor uses up: above 1 it is
    beyond it. Whoever never sent a value stands on top.

    Args:
        profiles: of every known sensor, flat.
        admissions: ``sensor_id``, ``admitted``, ``reasons``, ``explanation``.
        validation: limits and their exceptions.

    Returns:
        the profiles in that order with ``place`` (0 is the worst), ``standing``, ``reasons``,
        ``explanation``, ``strain`` (share of the limit; null where nothing was measured) and
        ``strained_by`` (which limit it is).
    """
    explained = admissions.select("sensor_id", "explanation")
    return (
        profiles.with_columns(_strains(profiles, validation))
        .with_columns(strain=pl.max_horizontal(*STRAINS, COVERAGE))
        .with_columns(strained_by=_strained_by())
        .drop(*STRAINS, COVERAGE)
        .join(find_standings(admissions), on="sensor_id", how="left")
        .join(explained, on="sensor_id", how="left")
        .with_columns(pl.col("standing").cast(pl.Enum(STANDINGS)))
        .sort("standing", "strain", "sensor_id", descending=[False, True, False], nulls_last=False)
        .with_columns(pl.col("standing").cast(pl.String))
        .with_row_index("place")
    )


def _strains(profiles: pl.DataFrame, validation: ValidationParameters) -> list[pl.Series]:
    """Shares of the limits that each sensor uses up, one column per limit."""
    limits = limits_of(profiles, validation).limits
    found = [
        _share(name, profiles[figure].cast(pl.Float64), pl.Series(getattr(limits, limit)))
        for name, (figure, limit) in STRAINS.items()
    ]
    missing, allowed = 1 - profiles["coverage"].cast(pl.Float64), 1 - limits.min_coverage
    return [*found, _share(COVERAGE, missing, pl.Series(allowed))]


def _share(name: str, figure: pl.Series, limit: pl.Series) -> pl.Series:
    """Figure as a share of its limit; infinite where nothing is allowed and something is there."""
    share = (figure / limit).alias(name)
    return share.fill_nan(None)  # nothing where nothing is allowed is in order


def _strained_by() -> pl.Expr:
    """The first limit whose share is the largest."""
    names = [*STRAINS, COVERAGE]
    chosen = [pl.when(pl.col(name) == pl.col("strain")).then(pl.lit(name)) for name in names]
    return pl.coalesce(chosen)
