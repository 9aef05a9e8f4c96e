"""Whether a release goes live by itself, and what then stands in the channel."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from modelfleet.domain.parameters.promotion import PromotionParameters

__all__ = ["HELD", "LIVE", "WAITING", "PromotionDecision", "Releases", "decide_promotion"]

LIVE = "live"
WAITING = "waiting for approval"
HELD = "on hold"


@dataclass(frozen=True)
class PromotionDecision:
    """What follows for a release.

    Attributes:
        state: ``live``, ``waiting for approval`` or ``on hold``.
        serves: cohort to release; empty where nothing goes live.
        provenance: digest of what is known about the run that made the release.
        at: when the run began.
        by: who ran it.
        holds: codes of the reasons that hold it, and that nobody has cleared.
    """

    state: str
    serves: Mapping[str, str]
    provenance: str
    at: str
    by: str
    holds: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The decision as JSON can hold it."""
        return {**asdict(self), "holds": list(self.holds), "serves": dict(self.serves)}


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
    *,
    holds: Collection[str] = (),
) -> PromotionDecision:
    """Decide by policy, unless something holds the release: then it waits for people.

    Args:
        card: ``rid`` of the release, ``started_at`` and ``by`` of the run.
        cohorts: of the fleet.
        parameters: the environment's policy.
        releases: where the release was published, perhaps by an earlier run.
        holds: codes of the reasons to hold it.
    """
    held = sorted(set(holds) - parameters.cleared(card["rid"]))
    live = parameters.policy == "automatic" and not held
    return PromotionDecision(
        state=LIVE if live else HELD if held else WAITING,
        holds=tuple(held),
        serves=dict.fromkeys(sorted(cohorts), card["rid"]) if live else {},
        provenance=releases.provenance_digest(card["rid"]),
        at=card["started_at"],
        by=card["by"],
    )
