"""What the services hand back, for commands to print."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelfleet.domain.approvals import Decision, Refusal, Request
from modelfleet.stores.governance.standing import Standing

__all__ = ["Outcome", "RequestState", "State", "state_of"]

State = Literal["open", "live", "partly live", "rejected", "expired", "overtaken", "refused"]


@dataclass(frozen=True)
class RequestState:
    """A request and how far it has come.

    Attributes:
        id: digest of the request.
        request: what was asked for.
        state: in a word.
        live: cohorts that it made live.
        waiting: cohort to the people who may approve it; empty where nobody may.
        rejected: cohorts that were rejected.
        refusals: what stands against others.
        decisions: all decisions on it, oldest first.
    """

    id: str
    request: Request
    state: State
    live: tuple[str, ...] = ()
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rejected: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a decision or a rollback.

    Attributes:
        document: digest of the decision, or of the request of the rollback.
        request: digest of the request that it belongs to.
        position: of the entry in the channel; ``None`` where nothing went live.
        live: cohorts that went live by it.
        waiting: cohorts of the request that wait, and for whom.
        refusals: what stands against other cohorts.
    """

    document: str
    request: str
    position: int | None
    live: tuple[str, ...]
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()


def state_of(stands: Standing) -> RequestState:
    """A request's state, for people."""
    waiting = {**stands.waiting, **dict.fromkeys(stands.ready, ())}
    decisions = sorted(stands.decisions.values(), key=lambda each: each.decided_at)
    return RequestState(
        id=stands.name,
        request=stands.request,
        state=_state(stands),
        live=stands.live,
        waiting=waiting,
        rejected=stands.rejected,
        refusals=stands.refusals,
        decisions=tuple(decisions),
    )


def _state(stands: Standing) -> State:
    codes = {refusal.code for refusal in stands.refusals}
    if stands.waiting or stands.ready:
        return "open"
    if stands.live:
        whole = len(stands.live) == len(stands.request.expected)
        return "live" if whole else "partly live"
    if stands.rejected:
        return "rejected"
    if "expired_request" in codes:
        return "expired"
    return "overtaken" if codes & {"moved", "replayed"} else "refused"
