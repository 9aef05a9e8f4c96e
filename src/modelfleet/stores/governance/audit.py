"""Who did what when, and whether all of it is proved: what an auditor runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelfleet.domain.approvals import Entry, Judge, Paper, Problem
from modelfleet.domain.errors import ReleaseError
from modelfleet.stores.governance.live import live_of
from modelfleet.stores.governance.outcomes import RequestState
from modelfleet.stores.governance.place import Governance, present
from modelfleet.stores.governance.requests import request_states
from modelfleet.stores.governance.truncation import unseen_heads
from modelfleet.stores.proofs import StoredProofs

__all__ = ["AuditReport", "audit"]

SUPERSEDED = frozenset({"needs_approval", "revoked_key"})
"""What a later proved change settles: a policy that became stricter, a key that was revoked."""


@dataclass(frozen=True)
class AuditReport:
    """Everything that was verified.

    Attributes:
        environment: its name.
        at: when.
        entries: of the channel, each with its changes, people, proofs and refusals.
        requests: all requests and how far they have come.
        releases: all that the channel names, each whole or with what is wrong.
        serves: cohort to the release that is proved.
        witness: the last entry that was seen, if anything remembers it.
        problems: all that is wrong; empty where everything is proved.
        notes: what was not proved once and is settled by a later entry.
    """

    environment: str
    at: datetime
    entries: tuple[dict[str, Any], ...]
    requests: tuple[RequestState, ...]
    releases: dict[str, str]
    serves: dict[str, str]
    witness: dict[str, Any] | None
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        """Whether everything is proved."""
        return not self.problems

    def document(self) -> dict[str, Any]:
        """The report as JSON can hold it."""
        return {
            "schema": 1,
            "environment": self.environment,
            "at": self.at.isoformat(),
            "sound": self.sound,
            "serves": self.serves,
            "entries": list(self.entries),
            "requests": [_request(each) for each in self.requests],
            "releases": self.releases,
            "witness": self.witness,
            "problems": [vars(each) for each in self.problems],
            "notes": [vars(each) for each in self.notes],
        }


def audit(governance: Governance, *, now: datetime | None = None) -> AuditReport:
    """Verify the whole chain, all signatures and all bytes of all releases that it names."""
    governance = governance.anew()
    moment, proofs = present(now), governance.proofs
    requests = governance.approvals.requests()
    channel = governance.channel_with(proofs)
    chain = channel.read()
    judge = channel.judge(chain.entries, now=moment)
    releases = _releases(governance, chain.entries)
    changes = [problem for entry in chain.entries for problem in _changes(judge, entry)]
    settled = [each for each in changes if _settled(judge, each)]
    live = live_of(governance, judge)
    problems = [
        *chain.problems,
        *unseen_heads(requests, chain.entries, proofs),
        *(each for each in changes if each not in settled),
        *_altered(releases),
        *_provenance(governance, chain.entries, releases),
        *(each for each in live.problems if each.code == "fallback"),
        *_unwitnessed(governance, chain.entries),
    ]
    return AuditReport(
        environment=governance.environment,
        at=moment,
        entries=tuple(_entry(judge, entry, proofs) for entry in chain.entries),
        requests=() if chain.problems else tuple(request_states(governance, now=moment)),
        releases=releases,
        serves=live.serves,
        witness=_witness(governance),
        problems=tuple(problems),
        notes=tuple(settled),
    )


def _changes(judge: Judge, entry: Entry) -> Iterator[Problem]:
    for cohort in judge.touched(entry.position):
        for refusal in judge.refusals(entry.position, cohort):
            where = f"entry {entry.position}, cohort {cohort}"
            yield Problem(refusal.code, where, refusal.sentence, cohort)


def _settled(judge: Judge, problem: Problem) -> bool:
    """Whether a later change of the cohort is proved, and the fault is one that time makes."""
    position = int(problem.where.split(",")[0].removeprefix("entry "))
    last = next((entry for entry, _ in judge.verified(problem.cohort or "")), None)
    return problem.code in SUPERSEDED and last is not None and last.position > position


def _releases(governance: Governance, entries: tuple[Entry, ...]) -> dict[str, str]:
    """Every release that the channel names: ``whole``, or what is wrong with it."""
    named = sorted({rid for entry in entries for rid in entry.serves.values()})
    found = {}
    for rid in named:
        try:
            governance.releases.open(rid)
            found[rid] = WHOLE
        except ReleaseError as error:
            found[rid] = str(error)
    return found


WHOLE = "whole"


def _altered(releases: dict[str, str]) -> list[Problem]:
    return [
        Problem("altered", f"release {rid[:12]}", text)
        for rid, text in releases.items()
        if text != WHOLE
    ]


def _provenance(
    governance: Governance, entries: tuple[Entry, ...], releases: dict[str, str]
) -> list[Problem]:
    """Entries whose digest of a release's provenance is not that of what lies there."""
    found = []
    for entry in entries:
        for rid, digest in entry.provenance.items():
            if releases.get(rid) == WHOLE and governance.releases.provenance_digest(rid) != digest:
                sentence = f"what is known about the run of release {rid[:12]} was replaced"
                found.append(Problem("wrong_provenance", f"entry {entry.position}", sentence))
    return found


def _unwitnessed(governance: Governance, entries: tuple[Entry, ...]) -> list[Problem]:
    if not entries or _witness(governance):
        return []
    sentence = (
        "nothing remembers the channel's last entry: that nothing was cut off its end cannot be "
        "shown; compare it with a copy"
    )
    return [Problem("no_witness", "the witness", sentence)]


def _witness(governance: Governance) -> dict[str, Any] | None:
    try:
        seen = governance.witness.seen()
    except ReleaseError:
        return None  # the chain says so already
    return vars(seen) if seen else None


def _entry(judge: Judge, entry: Entry, proofs: StoredProofs) -> dict[str, Any]:
    """An entry with its changes and the people behind it."""
    before = judge.entries[entry.position - 2].serves if entry.position > 1 else {}
    touched = judge.touched(entry.position)
    request = proofs.request(entry.request, at=entry.at) if entry.request else None
    decisions = [
        proofs.decision(entry.request or "", digest, at=entry.at) for digest in entry.decisions
    ]
    refusals = {c: [str(r) for r in judge.refusals(entry.position, c)] for c in touched}
    return {
        "position": entry.position,
        "digest": entry.digest,
        "at": entry.at.isoformat(),
        "by": entry.by,
        "kind": entry.kind,
        "reason": entry.reason,
        "changes": {c: {"from": before.get(c), "to": entry.serves.get(c)} for c in touched},
        "proved": not any(refusals.values()),
        "refusals": {cohort: found for cohort, found in refusals.items() if found},
        "request": _paper(request),
        "decisions": [_paper(paper) for paper in decisions],
    }


def _paper(paper: Paper[Any] | None) -> dict[str, Any] | None:
    """A signed document, whose key signed it, and whether that counts."""
    if paper is None:
        return None
    signature = paper.signature
    body = paper.document.model_dump(mode="json", by_alias=True) if paper.document else {}
    return {
        **body,
        "digest": paper.name,
        "signed_by": signature.principal,
        "key": signature.key,
        "valid": signature.flaw is None,
        "flaw": signature.flaw,
    }


def _request(state: RequestState) -> dict[str, Any]:
    return {
        "id": state.id,
        "state": state.state,
        "live": list(state.live),
        "waiting": {cohort: list(people) for cohort, people in state.waiting.items()},
        "rejected": list(state.rejected),
        **state.request.model_dump(mode="json", by_alias=True),
        "decisions": [each.model_dump(mode="json", by_alias=True) for each in state.decisions],
    }
