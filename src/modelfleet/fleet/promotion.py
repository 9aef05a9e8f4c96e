"""Where a release goes by policy: live, to the people who approve it, or on hold."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from modelfleet.domain.approvals import Owners
from modelfleet.domain.parameters.promotion import PromotionParameters

__all__ = [
    "HELD",
    "LIVE",
    "WAITING",
    "Governed",
    "PromotionDecision",
    "Releases",
    "decide_promotion",
]

LIVE = "live"
WAITING = "waiting for approval"
HELD = "on hold"
PARTLY = "partly live"
REASON = "by policy: the gate decides"


@dataclass(frozen=True)
class PromotionDecision:
    """What follows for a release.

    Attributes:
        state: ``live``, ``partly live``, ``waiting for approval`` or ``on hold``.
        serves: cohort to release, of those that go live by themselves.
        provenance: digest of what is known about the run that made the release.
        at: when the run began.
        by: who ran it.
        holds: codes of the reasons that hold it, and that nobody has cleared.
        cohorts: each with its own state.
        commands: what people run next, in order.
        reason: why it goes live.
    """

    state: str
    serves: Mapping[str, str]
    provenance: str
    at: str
    by: str
    holds: tuple[str, ...] = ()
    cohorts: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    reason: str = REASON

    def as_dict(self) -> dict[str, Any]:
        """The decision as JSON can hold it."""
        lists = {"holds": list(self.holds), "commands": list(self.commands)}
        return {**asdict(self), **lists, "serves": dict(self.serves)}


class Releases(Protocol):
    """Where releases are kept."""

    def provenance_digest(self, rid: str) -> str:
        """Digest of what is known about the run that made a release, the first one that did."""
        ...


class Governed(Protocol):
    """What decides how releases go live in an environment. No parameter of a run reaches it."""

    @property
    def environment(self) -> str:
        """Its name."""
        ...

    @property
    def owners(self) -> Owners:
        """Policies and owners of cohorts."""
        ...

    def served(self) -> Mapping[str, str]:
        """Cohort to the release that serves it now."""
        ...


def decide_promotion(
    card: Mapping[str, Any],
    cohorts: Collection[str],
    parameters: PromotionParameters,
    releases: Releases,
    governed: Governed,
    *,
    holds: Collection[str] = (),
) -> PromotionDecision:
    """Decide by each cohort's policy, unless something holds the release.

    Args:
        card: ``rid`` of the release, ``started_at`` and ``by`` of the run.
        cohorts: of the fleet.
        parameters: what people cleared; counts where the policy is ``automatic``.
        releases: where the release was published, perhaps by an earlier run.
        governed: policies, and what serves.
        holds: codes of the reasons to hold it.

    Raises:
        ConfigurationError: ``owners.yml`` names a cohort that the fleet has not.
    """
    rid, served, owners = card["rid"], governed.served(), governed.owners
    owners.check_cohorts({*cohorts, *served})
    cleared = parameters.cleared(rid)
    states, held = {}, set()
    for cohort in sorted(cohorts):
        automatic = owners.policy_of(cohort) == "automatic"
        against = set(holds) - (cleared if automatic else set())
        states[cohort] = _state(live=served.get(cohort) == rid, held=against, automatic=automatic)
        held |= against if states[cohort] == HELD else set()
    newly = [c for c, state in states.items() if state == LIVE and served.get(c) != rid]
    gone = [c for c in served.keys() - states.keys() if owners.policy_of(c) == "automatic"]
    return PromotionDecision(
        state=_overall(set(states.values())),
        serves=dict.fromkeys(sorted([*newly, *gone]), rid) if newly else {},
        provenance=releases.provenance_digest(rid),
        at=card["started_at"],
        by=card["by"],
        holds=tuple(sorted(held)),
        cohorts=states,
        commands=_commands(rid, governed.environment, states, holds=sorted(held)),
    )


def _state(*, live: bool, held: Collection[str], automatic: bool) -> str:
    """Of one cohort. A release that serves already is live, whatever is said of it since."""
    if live:
        return LIVE
    if held:
        return HELD
    return LIVE if automatic else WAITING


def _overall(states: Collection[str]) -> str:
    if LIVE in states:
        return LIVE if len(states) == 1 else PARTLY
    return HELD if HELD in states else WAITING


def _commands(
    rid: str, environment: str, states: Mapping[str, str], *, holds: Collection[str]
) -> tuple[str, ...]:
    """What people run next: look, then ask; nothing where everything is live."""
    if set(states.values()) <= {LIVE}:
        return ()
    env = f" --env {environment}" if environment != "local" else ""
    clear = "".join(f" --clear {code}" for code in holds)
    short = rid[:12]
    return (
        f"modelfleet show {short}{env}",
        f'modelfleet request {short}{env}{clear} --reason "…"',
    )
