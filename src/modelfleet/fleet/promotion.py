"""Whether a release goes live by itself, and what then stands in the channel."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from modelfleet.domain.parameters.promotion import PromotionParameters

__all__ = ["PromotionDecision", "decide_promotion"]

LIVE = "live"
WAITING = "waiting for approval"


@dataclass(frozen=True)
class PromotionDecision:
    """What follows for a release.

    Attributes:
        state: ``live`` or ``waiting for approval``.
        serves: cohort to release; empty where nothing goes live.
        provenance: digest of what is known about the run that made the release.
        at: when the run began.
        by: who ran it.
    """

    state: str
    serves: Mapping[str, str]
    provenance: str
    at: str
    by: str

    def as_dict(self) -> dict[str, Any]:
        """The decision as JSON can hold it."""
        return {**asdict(self), "serves": dict(self.serves)}


def decide_promotion(
    card: Mapping[str, Any], cohorts: Collection[str], parameters: PromotionParameters
) -> PromotionDecision:
    """Decide by policy.

    Args:
        card: ``rid``, ``provenance_digest``, ``started_at`` and ``by`` of the release.
        cohorts: of the fleet.
        parameters: the environment's policy.
    """
    live = parameters.policy == "automatic"
    return PromotionDecision(
        state=LIVE if live else WAITING,
        serves=dict.fromkeys(sorted(cohorts), card["rid"]) if live else {},
        provenance=card["provenance_digest"],
        at=card["started_at"],
        by=card["by"],
    )
