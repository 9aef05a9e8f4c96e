"""What each candidate gained over its baseline, week by week."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray

__all__ = ["GainMap", "Span", "map_gains", "weekly_gains"]


@dataclass(frozen=True)
class Span:
    """Neighbouring sensors of one cohort: from the first to before the last."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class GainMap:
    """Gains of the judged sensors, in one order.

    Attributes:
        sensors: ids, from the left; n of them.
        shares: gain as a share of the mean baseline loss; shape (n, weeks), the latest week last,
            NaN where a week has no loss.
        decisions: what became of each: ``accepted``, ``kept`` or ``rejected``.
        spans: cohorts, where the order is theirs; else empty.
        losing: how many have a mean gain below zero.
        end: end of the latest week.
    """

    sensors: tuple[str, ...]
    shares: FloatArray
    decisions: tuple[str, ...]
    spans: tuple[Span, ...]
    losing: int
    end: datetime

    def week_end(self, week: int) -> datetime:
        """When a week ends."""
        return self.end - timedelta(weeks=self.shares.shape[1] - 1 - week)


def weekly_gains(candidates: pl.DataFrame) -> pl.DataFrame:
    """``sensor_id`` and ``weekly``: gain per judged week in whole percent of the mean loss."""
    loss, theirs = pl.col("loss"), pl.col("baseline_loss")
    gain = theirs - loss
    known = gain.is_finite()  # NaN or null where a week has no loss
    usual = theirs.filter(known).mean().over("sensor_id")
    share = (100 * gain / usual).clip(-9999, 9999).round(mode="half_to_even")
    weekly = (
        candidates.select("sensor_id", "loss", "baseline_loss")
        .explode("loss", "baseline_loss", empty_as_null=True)
        .filter(usual > 0)
        .select("sensor_id", weekly=pl.when(known).then(share).cast(pl.Int32, strict=False))
        .group_by("sensor_id", maintain_order=True)
        .agg("weekly")
    )
    none = pl.lit([], dtype=pl.List(pl.Int32))
    return (
        candidates.select("sensor_id")
        .join(weekly, on="sensor_id", how="left", maintain_order="left")
        .with_columns(pl.col("weekly").fill_null(none))
    )


def map_gains(
    weekly: pl.DataFrame, judged: pl.DataFrame, *, end: datetime, by_cohort: bool = False
) -> GainMap:
    """Lay out the map: the sensor that lost most comes first, in the fleet or in its cohort.

    Args:
        weekly: from :func:`weekly_gains`.
        judged: ``sensor_id``, ``cohort``, ``gain`` and ``decision`` of every sensor with a verdict;
            one of which no week is known is left out.
        end: end of the latest week.
        by_cohort: cohort by cohort, in the order of their names.
    """
    mean = pl.col("weekly").list.mean() / 100
    rows = (
        judged.join(weekly, on="sensor_id", how="inner")
        .filter(mean.is_finite())
        .with_columns(
            pl.col("cohort").fill_null("(no cohort)"),
            gain=pl.col("gain").cast(pl.Float64).fill_nan(None).fill_null(mean),
        )
        .sort([*(["cohort"] if by_cohort else []), "gain", "sensor_id"])
    )
    return GainMap(
        sensors=tuple(rows["sensor_id"].to_list()),
        shares=_right_aligned(rows["weekly"].to_list()),
        decisions=tuple(rows["decision"].to_list()),
        spans=_spans(rows["cohort"].to_list()) if by_cohort else (),
        losing=rows.filter(pl.col("gain") < 0).height,
        end=end,
    )


def _right_aligned(weekly: list[list[int | None]]) -> FloatArray:
    width = max((len(row) for row in weekly), default=0)
    table = [[*[None] * (width - len(row)), *row] for row in weekly]
    return np.array(table, dtype=np.float64).reshape(len(table), width) / 100


def _spans(cohorts: list[str]) -> tuple[Span, ...]:
    begins = [k for k, name in enumerate(cohorts) if k == 0 or name != cohorts[k - 1]]
    ends = [*begins[1:], len(cohorts)]
    return tuple(
        Span(cohorts[first], first, last) for first, last in zip(begins, ends, strict=False)
    )
