"""How many sensors come through each stage."""

from dataclasses import dataclass

import polars as pl

__all__ = ["FunnelStep", "count_funnel"]


@dataclass(frozen=True)
class FunnelStep:
    """One stage of the funnel.

    Attributes:
        name: what the sensors that stand here are.
        count: sensors.
        share: of the known sensors, 0 to 1.
        lost: what became of those that the step before still had.
    """

    name: str
    count: int
    share: float
    lost: str = ""


def count_funnel(
    admissions: pl.DataFrame, candidates: pl.DataFrame, verdicts: pl.DataFrame
) -> tuple[FunnelStep, ...]:
    """Count known, admitted, trained and accepted sensors."""
    counts = {
        "Known": (len(admissions), ""),
        "Admitted": (_count(admissions["admitted"]), "quarantined"),
        "Trained": (_count(candidates["outcome"] == "trained"), "failed in training"),
        "Accepted": (_count(verdicts["accepted"]), "rejected, served by their baseline"),
    }
    steps, before = [], len(admissions)
    for name, (count, what) in counts.items():
        lost = f"{before - count:,} {what}" if before > count else ""
        steps.append(FunnelStep(name, count, count / max(len(admissions), 1), lost))
        before = count
    return tuple(steps)


def _count(flags: pl.Series) -> int:
    return int(flags.cast(pl.Boolean).sum() or 0)
