"""Whether a release goes live by itself, and what then stands in the channel."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from modelfleet.domain.parameters.promotion import PromotionParameters

__all__ = ["PromotionDecision", "Releases", "decide_promotion"]

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


class Releases(Protocol):
    """Where releases are kept."""

    def provenance_digest(self, rid: str) -> str:
        """Digest of what is known about the run that made a release, the first one that did."""
        ...


def decide_promotion(
    card: Mapping[str, Any],
    cohorts: Collection[str],
    parameters: PromotionParameters,
    releases: Releases,
) -> PromotionDecision:
    """Decide by policy.

    Args:
        card: ``rid`` of the release, ``started_at`` and ``by`` of the run.
        cohorts: of the fleet.
        parameters: the environment's policy.
        releases: where the release was published, perhaps by an earlier run.
    """
    live = parameters.policy == "automatic"
    return PromotionDecision(
        state=LIVE if live else WAITING,
        serves=dict.fromkeys(sorted(cohorts), card["rid"]) if live else {},
        provenance=releases.provenance_digest(card["rid"]),
        at=card["started_at"],
        by=card["by"],
    )
