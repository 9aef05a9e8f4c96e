"""How far a request has come: for which cohorts it is live, ready, waiting, rejected or refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelfleet.domain.approvals import Decision, Entry, Judge, Refusal, Request
from modelfleet.domain.errors import ReleaseError
from modelfleet.stores.governance.place import Governance
from modelfleet.stores.proofs import StoredProofs

__all__ = ["Standing", "proposed", "standing_of"]

OF_DECISIONS = frozenset({"not_approved"})


@dataclass(frozen=True)
class Standing:
    """Where a request stands.

    Attributes:
        name: digest of the request.
        request: what was asked for.
        live: cohorts that it made live, in an entry.
        ready: cohorts that are approved and not live yet.
        waiting: cohort to the people who may approve it.
        rejected: cohorts that an owner rejected, or whoever asked took back.
        refusals: what stands against the other cohorts.
        decisions: digest to decision, all that can be read.
        now: when it was looked at.
    """

    name: str
    request: Request
    live: tuple[str, ...]
    ready: tuple[str, ...]
    waiting: dict[str, tuple[str, ...]]
    rejected: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    decisions: dict[str, Decision]
    now: datetime


def standing_of(
    governance: Governance,
    name: str,
    *,
    entries: Sequence[Entry],
    proofs: StoredProofs,
    now: datetime,
) -> Standing:
    """Find out where a request stands.

    Args:
        governance: of the environment.
        name: digest of the request.
        entries: of the channel.
        proofs: verified signatures.
        now: when it would go live.

    Raises:
        ReleaseError: there is no such request, or its bytes are none.
    """
    request = readable_request(proofs, name, now=now)
    channel = governance.channel_with(proofs)
    live = _made_live(channel.judge(entries, now=now), name, request)
    left = sorted(request.expected.keys() - set(live))
    papers = _decisions(governance, name, proofs)

    def judged(decisions: Sequence[str]) -> dict[str, tuple[Refusal, ...]]:
        """What stands against each cohort that is not live, with these decisions."""
        who = request.requested_by
        entry = proposed(entries, request, cohorts=left, decisions=decisions, at=now, by=who)
        judge = channel.judge([*entries, entry], now=now)
        return {cohort: judge.refusals(entry.position, cohort) for cohort in left}

    backed = judged(tuple(papers)) if left else {}
    blocked = {
        cohort: [each for each in found if each.code not in OF_DECISIONS]
        for cohort, found in (judged(()) if left else {}).items()
    }
    free = {cohort: backed[cohort] for cohort in left if not blocked[cohort]}
    return Standing(
        name=name,
        request=request,
        live=live,
        ready=tuple(cohort for cohort, against in free.items() if not against),
        waiting=_waiting(governance, request, free, now=now),
        rejected=tuple(c for c, against in free.items() if _has(against, "rejected")),
        refusals=tuple(each for found in blocked.values() for each in found),
        decisions=papers,
        now=now,
    )


def _decisions(governance: Governance, name: str, proofs: StoredProofs) -> dict[str, Decision]:
    """All decisions on a request that can be read, whatever their signatures are worth."""
    names = [*governance.approvals.decisions(name), *proofs.drafts]
    found = {each: proofs.read_decision(name, each) for each in names}
    return {each: decision for each, decision in found.items() if decision}


def _waiting(
    governance: Governance,
    request: Request,
    free: Mapping[str, Sequence[Refusal]],
    *,
    now: datetime,
) -> dict[str, tuple[str, ...]]:
    """Cohorts that nobody approved or rejected, and who may."""
    owners = governance.owners
    return {
        cohort: tuple(
            name for name in owners.owners_of(cohort, at=now) if name != request.requested_by
        )
        for cohort, against in free.items()
        if against and not _has(against, "rejected")
    }


def readable_request(proofs: StoredProofs, name: str, *, now: datetime) -> Request:
    """The request of that name, whatever its signature is worth.

    Raises:
        ReleaseError: there is none, or its bytes are none.
    """
    paper = proofs.request(name, at=now)
    if paper is None:
        raise ReleaseError(f"there is no request {name[:12]!r}; `modelfleet releases` lists them")
    if paper.document is None:
        raise ReleaseError(f"request {name[:12]} cannot be trusted: {paper.signature.detail}")
    return paper.document


def proposed(
    entries: Sequence[Entry],
    request: Request,
    *,
    cohorts: Iterable[str],
    decisions: Sequence[str],
    at: datetime,
    by: str,
) -> Entry:
    """The entry by which a request would go live for cohorts."""
    return Entry.after(
        entries,
        kind="rollback" if request.kind == "rollback" else "approved",
        changes=dict.fromkeys(cohorts, request.release),
        provenance={request.release: request.provenance},
        at=at,
        by=by,
        reason=request.reason,
        request=request.digest,
        decisions=decisions,
    )


def _made_live(judge: Judge, name: str, request: Request) -> tuple[str, ...]:
    """Cohorts that entries by this request changed, or confirmed."""
    mine = (entry.position for entry in judge.entries if entry.request == name)
    found = {cohort for position in mine for cohort in judge.touched(position)}
    return tuple(sorted(found & request.expected.keys()))


def _has(refusals: Iterable[Refusal], code: str) -> bool:
    return any(refusal.code == code for refusal in refusals)
