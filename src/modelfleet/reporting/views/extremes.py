"""The sensors at either end of the ranking, with the last days of their backtests."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.fleet.scorecard import TRACES
from modelfleet.reporting.views.decisions import decision

__all__ = ["Example", "Extremes", "pick_extremes"]


@dataclass(frozen=True)
class Example:
    """One sensor's picture.

    Attributes:
        sensor_id: as it is known, not yet made fit to be shown.
        gain: mean weekly gain over the baseline, share.
        accepted: the verdict.
        actual: readings; shape (n,), NaN where there are none.
        forecast: by the candidate, out of sample; shape (n,).
        baseline: by the baseline; shape (n,).
        kept: the champion stays.
    """

    sensor_id: str
    gain: float
    accepted: bool
    actual: FloatArray
    forecast: FloatArray
    baseline: FloatArray
    kept: bool = False


@dataclass(frozen=True)
class Extremes:
    """The best sensors, best first, and the worst ones, worst first; none is in both."""

    best: tuple[Example, ...]
    worst: tuple[Example, ...]


def pick_extremes(
    candidates: pl.DataFrame | pl.LazyFrame, verdicts: pl.DataFrame, *, count: int, steps: int
) -> Extremes:
    """Pick sensors by gain.

    Args:
        candidates: with :data:`~modelfleet.fleet.scorecard.TRACES`; of a lazy table, only
            those that are picked are read.
        verdicts: with ``gain`` and ``accepted``; sensors without a gain are left out.
        count: how many at either end.
        steps: how many of the last steps of a trace.
    """
    gain = pl.col("gain").cast(pl.Float64)
    ranked = (
        verdicts.with_columns(gain)
        .filter(pl.col("gain").is_finite())
        .sort(["gain", "sensor_id"], descending=[True, False])
    )
    best = min(count, (len(ranked) + 1) // 2)
    worst = min(count, len(ranked) // 2)
    chosen = pl.concat([ranked.head(best), ranked.tail(worst).reverse()])
    # Only these few: the traces of a large fleet are hundreds of megabytes as Python lists.
    traces = (
        candidates.lazy()
        .select("sensor_id", *TRACES)
        .filter(pl.col("sensor_id").is_in(chosen["sensor_id"].implode()))
        .collect()
    )
    rows = chosen.select("sensor_id", "gain", "accepted", decision(verdicts)).join(
        traces, on="sensor_id", how="left", maintain_order="left"
    )
    examples = tuple(_example(row, steps) for row in rows.iter_rows(named=True))
    return Extremes(best=examples[:best], worst=examples[best:])


def _example(row: dict[str, Any], steps: int) -> Example:
    def trace(name: str) -> FloatArray:
        values = np.array(row[f"{name}_trace"] or [], dtype=np.float64)[-steps:]
        return np.where(np.isfinite(values), values, np.nan)

    return Example(
        sensor_id=row["sensor_id"],
        gain=row["gain"],
        accepted=bool(row["accepted"]),
        kept=row["decision"] == "kept",
        actual=trace("actual"),
        forecast=trace("forecast"),
        baseline=trace("baseline"),
    )
