"""How well the intervals cover what came, and how often rules replaced a forecast."""

from dataclasses import dataclass

import polars as pl

__all__ = ["SOUND", "Covered", "Replaced", "count_replaced", "describe_coverage"]

SOUND = (0.80, 0.98)
"""Coverage of a sensor's interval that raises no flag."""


@dataclass(frozen=True)
class Covered:
    """Coverage of the sensors that have an interval.

    Attributes:
        sensors: how many have one.
        without: judged sensors that have none.
        mean: mean coverage, share.
        sound: share of the sensors within :data:`SOUND`.
        untracked_mean: mean coverage, had the intervals not followed it; ``None`` where unknown.
        untracked_sound: share within :data:`SOUND` then; ``None`` where unknown.
    """

    sensors: int
    without: int
    mean: float
    sound: float
    untracked_mean: float | None
    untracked_sound: float | None


@dataclass(frozen=True)
class Replaced:
    """Sensors whose forecasts a business rule replaced in the judged weeks, most often first."""

    sensors: int
    rows: tuple[tuple[str, str, float], ...]


MOST_ROWS = 50


def describe_coverage(judged: pl.DataFrame) -> Covered | None:
    """Describe the intervals of judged sensors; ``None`` where nothing is known of any."""
    tracked = _shares(judged, "coverage")
    if tracked is None or not len(tracked):
        return None
    untracked = _shares(judged, "untracked_coverage")
    known = untracked is not None and len(untracked) > 0
    return Covered(
        sensors=len(tracked),
        without=judged.height - len(tracked),
        mean=_mean(tracked),
        sound=_mean(tracked.is_between(*SOUND)),
        untracked_mean=_mean(untracked) if untracked is not None and known else None,
        untracked_sound=_mean(untracked.is_between(*SOUND))
        if untracked is not None and known
        else None,
    )


def count_replaced(judged: pl.DataFrame) -> Replaced | None:
    """Who broke a rule, with ``cohort`` and share; ``None`` where the table does not tell."""
    if "replaced_share" not in judged.columns:
        return None
    share = pl.col("replaced_share").cast(pl.Float64)
    rows = (
        judged.select("sensor_id", pl.col("cohort").fill_null("–"), share)
        .filter(pl.col("replaced_share") > 0)
        .sort("replaced_share", "sensor_id", descending=[True, False])
    )
    return Replaced(rows.height, tuple(rows.head(MOST_ROWS).iter_rows()))


def _shares(table: pl.DataFrame, name: str) -> pl.Series | None:
    """One share per sensor where it is known; of weekly shares their mean."""
    if name not in table.columns:
        return None
    column = table[name]
    if isinstance(column.dtype, pl.List):
        column = column.list.eval(pl.element().fill_nan(None)).list.mean()
    if not column.dtype.is_numeric():
        return None
    shares = column.cast(pl.Float64).fill_nan(None).drop_nulls()
    return shares.filter(shares.is_finite())


def _mean(values: pl.Series) -> float:
    return float(values.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
