"""Coverage by sensor and week, problems on top."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from modelfleet.fleet.retirement import RETIRED
from modelfleet.reporting.views.standing import STANDINGS, find_standings

__all__ = ["Band", "CoverageMap", "map_coverage", "spread_labels"]

MOST_WEEKS = 156


@dataclass(frozen=True)
class Band:
    """Neighbouring rows of the map that are not admitted for the same reason.

    Attributes:
        reason: code of their first reason.
        first: first row.
        last: last row, included.
        sensors: their ids, top down.
        retired: they are out of service, which is no trouble.
    """

    reason: str
    first: int
    last: int
    sensors: tuple[str, ...]
    retired: bool = False


@dataclass(frozen=True)
class CoverageMap:
    """What the map shows.

    Attributes:
        sensors: ids, top down; n of them.
        shares: share of steps with a value; shape (n, weeks), the latest week last, NaN before a
            sensor's first reading.
        bands: the quarantined rows, which are the top ones, and the retired, at the foot.
        end: end of the latest week.
    """

    sensors: tuple[str, ...]
    shares: npt.NDArray[np.float32]
    bands: tuple[Band, ...]
    end: datetime

    def week_end(self, column: int) -> datetime:
        """When the week of this column ends."""
        return self.end - timedelta(weeks=self.shares.shape[1] - 1 - column)


def map_coverage(profiles: pl.DataFrame, admissions: pl.DataFrame, *, end: datetime) -> CoverageMap:
    """Lay out the map: quarantined by reason, then the admitted, the retired at the foot.

    Within each group the least covered comes first.

    Args:
        profiles: ``sensor_id``, ``history_weeks`` and ``weekly_coverage`` (latest week last;
            ragged, null if unknown).
        admissions: ``sensor_id``, ``admitted``, ``reasons``.
        end: end of the latest week.
    """
    coverage = pl.col("weekly_coverage").list.tail(MOST_WEEKS)
    rows = (
        profiles.with_columns(weekly_coverage=_whole_first_week())
        .select("sensor_id", coverage)
        .join(find_standings(admissions), on="sensor_id", how="left")
        .with_columns(
            pl.col("standing").fill_null("quarantined").cast(pl.Enum(STANDINGS)),
            reason=pl.col("reasons").list.first().fill_null("not admitted"),
            mean=pl.col("weekly_coverage").list.mean().fill_nan(None),
        )
        .sort(
            "standing",
            pl.when(pl.col("standing") == "quarantined").then("reason"),
            "mean",
            "sensor_id",
            nulls_last=False,
        )
    )
    return CoverageMap(
        sensors=tuple(rows["sensor_id"].to_list()),
        shares=_shares(rows["weekly_coverage"]),
        bands=_bands(rows),
        end=end,
    )


def _whole_first_week() -> pl.Expr:
    """Coverage with the oldest week as a share of the part that the history reaches into.

    It is measured as a share of a whole week, so every sensor would seem to start with a gap.
    """
    coverage = pl.col("weekly_coverage")
    part = (pl.col("history_weeks") - coverage.list.len() + 1).clip(1e-3, 1.0).fill_null(1.0)
    first = (coverage.list.first() / part).clip(0.0, 1.0).cast(pl.Float32)
    rest = coverage.list.slice(1)
    return pl.when(coverage.list.len() > 0).then(pl.concat_list(first, rest)).otherwise(coverage)


def _shares(coverage: pl.Series) -> npt.NDArray[np.float32]:
    """Right-align ragged lists: all end in the same week; shape (n, weeks)."""
    lengths = np.asarray(coverage.list.len().fill_null(0), dtype=np.int64)
    width = max(int(lengths.max(initial=0)), 1)
    shares = np.full((len(lengths), width), np.nan, dtype=np.float32)
    # Row-wise order of the mask is the order in which the lists lie one after the other.
    mask = np.arange(width)[None, :] >= width - lengths[:, None]
    values = coverage.filter(coverage.list.len() > 0).explode()
    shares[mask] = np.asarray(values.cast(pl.Float32).fill_null(float("nan")), dtype=np.float32)
    return shares


def _bands(rows: pl.DataFrame) -> tuple[Band, ...]:
    out = rows.with_row_index("row").filter(pl.col("standing") != "admitted")
    retired = pl.col("standing") == "retired"
    groups = out.group_by(
        retired.alias("retired"),
        # A retired sensor that still sends is retired before all.
        pl.when(retired).then(pl.lit(RETIRED)).otherwise("reason").alias("reason"),
        maintain_order=True,
    )
    found = groups.agg("sensor_id", first=pl.col("row").min(), last=pl.col("row").max())
    return tuple(
        Band(row["reason"], row["first"], row["last"], tuple(row["sensor_id"]), row["retired"])
        for row in found.iter_rows(named=True)
    )


def spread_labels(centres: Sequence[float], *, apart: float) -> list[float]:
    """Move labels down until no two of them touch.

    Args:
        centres: where they would stand, ascending.
        apart: least distance, in the same unit.
    """
    places: list[float] = []
    for centre in centres:
        places.append(max(centre, places[-1] + apart) if places else centre)
    return places
