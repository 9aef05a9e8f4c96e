"""The rules of a channel: which changes of it are proved, and what stands against the others.

An entry that is only proposed is judged exactly like one that was written long ago: the rules that
let something go live are the rules that let it be served.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelfleet.domain.approvals.decisions import decision_refusals
from modelfleet.domain.approvals.documents import Request
from modelfleet.domain.approvals.entry import Entry
from modelfleet.domain.approvals.owners import Owners
from modelfleet.domain.approvals.papers import Paper, Proofs
from modelfleet.domain.approvals.refusals import Refusal, refusal
from modelfleet.domain.approvals.signers import SKEW, signature_refusals

__all__ = ["Judge"]

Refusals = tuple[Refusal, ...]


@dataclass(frozen=True)
class Judge:
    """Judges the entries of a channel, change by change.

    Attributes:
        entries: oldest first, as they stand in the channel; a proposed one may be the last.
        environment: of the channel.
        owners: the policies and owners of today.
        proofs: verified facts about signatures and releases.
        now: no entry may be of a later time.
    """

    entries: tuple[Entry, ...]
    environment: str
    owners: Owners
    proofs: Proofs
    now: datetime
    _touched: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    _known: dict[tuple[int, str], Refusals] = field(default_factory=dict, repr=False, compare=False)

    def touched(self, position: int) -> tuple[str, ...]:
        """Cohorts that an entry changes, or confirms by a request that says so, sorted."""
        if position not in self._touched:
            entry, before = self.entries[position - 1], self._served(position)
            changed = {c for c in {*entry.serves, *before} if entry.serves.get(c) != before.get(c)}
            self._touched[position] = tuple(sorted(changed | self._confirmed(entry)))
        return self._touched[position]

    def refusals(self, position: int, cohort: str) -> Refusals:
        """What stands against the change of a cohort by an entry; empty where it is proved."""
        if (position, cohort) not in self._known:
            self._known[position, cohort] = tuple(self._judge(position, cohort))
        return self._known[position, cohort]

    def verified(self, cohort: str) -> Iterator[tuple[Entry, str]]:
        """The proved changes of a cohort, the newest first, each with its release.

        Lazy: where the newest is proved, nothing else is verified.
        """
        for entry in reversed(self.entries):
            if cohort in self.touched(entry.position) and not self.refusals(entry.position, cohort):
                yield entry, entry.serves[cohort]

    def _served(self, position: int) -> Mapping[str, str]:
        return self.entries[position - 2].serves if position > 1 else {}

    def _confirmed(self, entry: Entry) -> set[str]:
        """Cohorts that stay as they are, which owners approved: what served unproved is proved."""
        request = self.proofs.read_request(entry.request) if entry.request else None
        if request is None or request.kind == "rollback":
            return set()
        name = entry.request or ""
        found = (self.proofs.read_decision(name, digest) for digest in entry.decisions)
        decided = {cohort for each in found if each for cohort in each.cohorts}
        return {
            cohort
            for cohort in decided & request.expected.keys()
            if request.expected[cohort] == request.release == entry.serves.get(cohort)
        }

    def _judge(self, position: int, cohort: str) -> Iterator[Refusal]:
        entry = self.entries[position - 1]
        yield from self._dates(entry)
        if cohort not in entry.serves:
            yield refusal("vanished", cohort)
        elif entry.kind == "automatic":
            if self.owners.policy_of(cohort) != "automatic":
                yield refusal("needs_approval", cohort)
        elif paper := self.proofs.request(entry.request or "", at=entry.at):
            yield from signature_refusals(paper)
            if paper.document is not None:
                yield from self._requested(paper.document, entry, cohort)
                yield from self._backed(paper, entry, cohort)
        else:
            yield refusal("no_request", entry.request or "none")

    def _dates(self, entry: Entry) -> Iterator[Refusal]:
        what, at = f"entry {entry.position}", entry.at
        if at > self.now + SKEW:
            yield refusal("future", what, detail=at.isoformat())
        if entry.position > 1 and at < self.entries[entry.position - 2].at - SKEW:
            yield refusal("too_early", what, detail=at.isoformat())

    def _requested(self, request: Request, entry: Entry, cohort: str) -> Iterator[Refusal]:
        """Whether the request asks for this change, here and now."""
        served = self._served(entry.position).get(cohort)
        rid = entry.serves[cohort]
        if request.environment != self.environment:
            yield refusal("wrong_environment", cohort, detail=repr(request.environment))
        if request.release != rid:
            yield refusal("wrong_release", cohort, detail=request.release[:12])
        if (request.kind == "rollback") != (entry.kind == "rollback"):
            yield refusal("wrong_kind", cohort, detail=request.kind)
        if cohort not in request.expected:
            yield refusal("not_requested", cohort)
        elif request.expected[cohort] != served:
            detail = (request.expected[cohort] or "nothing")[:12]
            yield refusal("moved", cohort, who=request.requested_by, detail=detail)
        yield from self._in_time(request, entry)
        yield from self._unused(request, entry, cohort)
        yield from self._release(request, entry)

    def _in_time(self, request: Request, entry: Entry) -> Iterator[Refusal]:
        if request.requested_at > entry.at + SKEW:
            what = f"request {(entry.request or '')[:12]}"
            yield refusal("future", what, detail=request.requested_at.isoformat())
        if request.expired(entry.at):
            yield refusal("expired_request", "request", detail=request.expires.isoformat())

    def _unused(self, request: Request, entry: Entry, cohort: str) -> Iterator[Refusal]:
        earlier = self.entries[: entry.position - 1]
        heads = {each.before for each in self.entries[: entry.position]}
        if request.head and request.head not in heads:
            yield refusal("unseen_head", cohort, detail=request.head[:12])
        for each in earlier:
            if each.request == entry.request and cohort in self.touched(each.position):
                yield refusal("replayed", cohort, detail=each.position)

    def _release(self, request: Request, entry: Entry) -> Iterator[Refusal]:
        facts = self.proofs.release(request.release)
        stated = {request.provenance, entry.provenance.get(request.release)}
        if stated != {facts.provenance if facts else request.provenance}:
            yield refusal("wrong_provenance", request.release[:12])
        held = sorted(set(facts.holds) - set(request.holds)) if facts else []
        if held and request.kind == "promote":
            yield refusal("held", request.release[:12], detail=", ".join(held))

    def _backed(self, paper: Paper[Request], entry: Entry, cohort: str) -> Iterator[Refusal]:
        """Whether the people who must stand behind the change do."""
        owners, request = self.owners.owners_of(cohort, at=entry.at), paper.document
        if request is not None and request.kind == "promote":
            found = (self.proofs.decision(paper.name, d, at=entry.at) for d in entry.decisions)
            named = dict(zip(entry.decisions, found, strict=True))
            yield from decision_refusals(paper, named, cohort=cohort, owners=owners, at=entry.at)
            return
        if paper.signature.principal not in owners:
            names = ", ".join(owners) or "nobody"
            yield refusal("not_owner", cohort, who=paper.signature.principal, detail=names)
        if not self._served_before(entry, cohort):
            yield refusal("never_served", cohort, detail=entry.serves[cohort][:12])

    def _served_before(self, entry: Entry, cohort: str) -> bool:
        """Whether an earlier entry put the same release in service for the cohort, proved."""
        return any(
            earlier.serves.get(cohort) == entry.serves[cohort]
            and cohort in self.touched(earlier.position)
            and not self.refusals(earlier.position, cohort)
            for earlier in self.entries[: entry.position - 1]
        )
