"""Facts for the rules of a channel: verified documents, and what a release says of its run."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from modelfleet.domain.approvals import (
    DECISION,
    REQUEST,
    Decision,
    Paper,
    ReleaseFacts,
    Request,
    Signature,
)
from modelfleet.domain.errors import ReleaseError
from modelfleet.stores.approvals import ApprovalStore, SignedBytes
from modelfleet.stores.release_store import ReleaseStore
from modelfleet.stores.signing import Signers

__all__ = ["StoredProofs"]

Signed = TypeVar("Signed", Request, Decision)


@dataclass(frozen=True)
class StoredProofs:
    """See :class:`~modelfleet.domain.approvals.Proofs`.

    A document is verified once for each time it is asked about, and the answer is kept for as long
    as this object lives: make a new one for each look.

    Attributes:
        approvals: where documents are kept.
        releases: where releases are kept.
        signers: whose key is whose.
        drafts: digest to documents that are signed and not kept yet.
    """

    approvals: ApprovalStore
    releases: ReleaseStore
    signers: Signers
    drafts: Mapping[str, SignedBytes] = field(default_factory=dict)
    _requests: dict[tuple[str, datetime], Paper[Request] | None] = field(default_factory=dict)
    _decisions: dict[tuple[str, datetime], Paper[Decision] | None] = field(default_factory=dict)
    _releases: dict[str, ReleaseFacts | None] = field(default_factory=dict)

    def request(self, digest: str, *, at: datetime) -> Paper[Request] | None:
        """A request, verified for when it was made and for ``at``."""

        def look() -> Paper[Request] | None:
            stored = self.drafts.get(digest) or self.approvals.request(digest)
            return self._paper(digest, stored, Request, REQUEST, at) if stored else None

        return _kept(self._requests, (digest, at), look)

    def decision(self, request: str, digest: str, *, at: datetime) -> Paper[Decision] | None:
        """A decision, verified for when it was made and for ``at``."""

        def look() -> Paper[Decision] | None:
            stored = self.drafts.get(digest) or self.approvals.decision(request, digest)
            if not stored:
                return None
            return _of(self._paper(digest, stored, Decision, DECISION, at), request)

        return _kept(self._decisions, (digest, at), look)

    def release(self, rid: str) -> ReleaseFacts | None:
        """What a release says of the run that made it."""
        return _kept(self._releases, rid, lambda: self.releases.facts(rid))

    def _paper(
        self, digest: str, stored: SignedBytes, kind: type[Signed], namespace: str, at: datetime
    ) -> Paper[Signed]:
        name = f"{kind.__name__.lower()} {digest[:12]}"
        try:
            document = kind.of_bytes(stored.content)
        except ReleaseError as error:
            return Paper(digest, None, Signature(None, "", "malformed", str(error)))
        if hashlib.sha256(stored.content).hexdigest() != digest:
            return Paper(digest, None, Signature(None, "", "malformed", f"{name} was edited"))
        signature = self.signers.verify(
            stored.content, stored.signature, namespace=namespace, at=(document.made_at, at)
        )
        return Paper(digest, document, signature)


Key = TypeVar("Key")
Fact = TypeVar("Fact")


def _kept(known: dict[Key, Fact], key: Key, look: Callable[[], Fact]) -> Fact:
    if key not in known:
        known[key] = look()
    return known[key]


def _of(paper: Paper[Decision], request: str) -> Paper[Decision]:
    """The decision, if it is on this request: it counts for no other."""
    if paper.document is None or paper.document.request == request:
        return paper
    return Paper(paper.name, None, Signature(None, "", "malformed", "it is on another request"))
