"""How many sensors come through each stage."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from modelfleet.reporting.views.decisions import decision
from modelfleet.reporting.views.standing import standing

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
    """Count known, admitted, trained and accepted sensors.

    Args:
        admissions: one row per known sensor: ``admitted``, ``reasons``.
        candidates: one row per admitted sensor: ``outcome``.
        verdicts: one row per trained candidate: ``accepted``; ``decision`` where champions stay.
    """
    stood = Counter(admissions.select(standing())["standing"].to_list())
    known, admitted = len(admissions), stood["admitted"]
    trained = _count(candidates["outcome"] == "trained")
    decided = Counter(verdicts.select(decision(verdicts))["decision"].to_list())
    accepted, kept = decided["accepted"], decided["kept"]
    counts = {
        "Known": (known, {}),
        "Admitted": (admitted, {k: stood[k] for k in ("quarantined", "retired")}),
        "Trained": (trained, {"failed in training": admitted - trained}),
        "Accepted": (
            accepted,
            {
                "kept their champion": kept,
                "rejected, served by their baseline": trained - accepted - kept,
            },
        ),
    }
    return tuple(
        FunnelStep(name, count, count / max(known, 1), _losses(lost))
        for name, (count, lost) in counts.items()
    )


def _losses(lost: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in lost.items() if count > 0)


def _count(flags: pl.Series) -> int:
    return int(flags.cast(pl.Boolean).sum() or 0)
