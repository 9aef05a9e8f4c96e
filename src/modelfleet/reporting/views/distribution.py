"""How skill is distributed over the judged sensors."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray, IntArray

__all__ = ["Distribution", "distribute_skill"]

WIDTHS = (0.01, 0.02, 0.05, 0.1)
MOST_BINS = 60
LOWEST = -1.0


@dataclass(frozen=True)
class Distribution:
    """Histogram of skill.

    Attributes:
        edges: bin edges, share of the baseline's error; shape (n + 1,). Zero is one of them.
        accepted: accepted sensors per bin; shape (n,).
        kept: sensors whose champion stays, per bin; shape (n,).
        rejected: other rejected sensors per bin; shape (n,).
        median: over all judged sensors, ``None`` when there are none.
        below: sensors whose skill lies left of the first edge; they are counted in the first bin.
        above: the same on the right.
    """

    edges: FloatArray
    accepted: IntArray
    kept: IntArray
    rejected: IntArray
    median: float | None
    below: int
    above: int

    @property
    def judged(self) -> int:
        """Sensors in the histogram."""
        return int(self.accepted.sum() + self.kept.sum() + self.rejected.sum())


def distribute_skill(scorecard: pl.DataFrame) -> Distribution:
    """Sort the judged sensors into bins of skill = 1 - MAE / MAE of the baseline.

    The axis spans the middle 96 % and zero; one sensor that is ten times worse than its baseline
    must not squeeze all others into a single bar. Where the scorecard has no ``decision``, no
    champion stays.
    """
    # A fleet without any verdict has columns of no type at all.
    known = scorecard.select(
        pl.col("skill").cast(pl.Float64), pl.col("accepted").cast(pl.Boolean), _kept(scorecard)
    ).filter(pl.col("skill").is_finite() & pl.col("accepted").is_not_null())
    skill = np.asarray(known["skill"], dtype=np.float64)
    accepted = np.asarray(known["accepted"], dtype=np.bool_)
    kept = np.asarray(known["kept"], dtype=np.bool_) & ~accepted
    edges = _edges(skill)
    # Just inside: the last bin of a histogram is closed, the first one is too.
    inside = np.clip(skill, edges[0], np.nextafter(edges[-1], 0.0))
    return Distribution(
        edges=edges,
        accepted=np.histogram(inside[accepted], edges)[0],
        kept=np.histogram(inside[kept], edges)[0],
        rejected=np.histogram(inside[~accepted & ~kept], edges)[0],
        median=float(np.median(skill)) if len(skill) else None,
        below=int((skill < edges[0]).sum()),
        above=int((skill > edges[-1]).sum()),
    )


def _kept(scorecard: pl.DataFrame) -> pl.Expr:
    if "decision" not in scorecard.columns:
        return pl.lit(value=False).alias("kept")
    return pl.col("decision").is_in(["keep", "kept"]).fill_null(value=False).alias("kept")


def _edges(skill: FloatArray) -> FloatArray:
    low, high = np.quantile(skill, [0.02, 0.98]) if len(skill) else (0.0, 0.0)
    low, high = max(min(low, -0.1), LOWEST), max(high, 0.1)
    width = next((w for w in WIDTHS if (high - low) / w <= MOST_BINS), WIDTHS[-1])
    first, last = int(np.floor(low / width - 1e-9)), int(np.ceil(high / width + 1e-9))
    # Multiples of the width: a bin that straddles zero would mix better and worse.
    return np.arange(first, last + 1, dtype=np.float64) * width
