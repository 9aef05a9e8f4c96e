"""Facts for the rules of a channel: verified documents, and what a release says of its run."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
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

    Each document is read once, for as long as this object lives: make a new one for each look.

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
    _stored: dict[str, SignedBytes | None] = field(default_factory=dict, repr=False)
    _releases: dict[str, ReleaseFacts | None] = field(default_factory=dict, repr=False)

    def request(self, digest: str, *, at: datetime) -> Paper[Request] | None:
        """A request, verified for when it was made and for ``at``."""
        stored = self._request(digest)
        return self._paper(digest, stored, Request, REQUEST, at) if stored else None

    def decision(self, request: str, digest: str, *, at: datetime) -> Paper[Decision] | None:
        """A decision, verified for when it was made and for ``at``."""
        stored = self._decision(request, digest)
        if stored is None:
            return None
        paper = self._paper(digest, stored, Decision, DECISION, at)
        if paper.document is None or paper.document.request == request:
            return paper
        return Paper(digest, None, _malformed("it is on another request"))

    def read_request(self, digest: str) -> Request | None:
        """What a request says, whatever its signature is worth."""
        stored = self._request(digest)
        return _document(Request, digest, stored)[0] if stored else None

    def read_decision(self, request: str, digest: str) -> Decision | None:
        """What a decision says, whatever its signature is worth."""
        stored = self._decision(request, digest)
        return _document(Decision, digest, stored)[0] if stored else None

    def release(self, rid: str) -> ReleaseFacts | None:
        """What a release says of the run that made it."""
        if rid not in self._releases:
            self._releases[rid] = self.releases.facts(rid)
        return self._releases[rid]

    def _request(self, digest: str) -> SignedBytes | None:
        return self._once(digest, digest, self.approvals.request)

    def _decision(self, request: str, digest: str) -> SignedBytes | None:
        return self._once(f"{request}/{digest}", digest, partial(self._kept_decision, request))

    def _kept_decision(self, request: str, digest: str) -> SignedBytes | None:
        return self.approvals.decision(request, digest)

    def _once(
        self, name: str, digest: str, look: Callable[[str], SignedBytes | None]
    ) -> SignedBytes | None:
        if name not in self._stored:
            self._stored[name] = self.drafts.get(digest) or look(digest)
        return self._stored[name]

    def _paper(
        self, digest: str, stored: SignedBytes, kind: type[Signed], namespace: str, at: datetime
    ) -> Paper[Signed]:
        document, fault = _document(kind, digest, stored)
        if document is None:
            return Paper(digest, None, _malformed(fault))
        signature = self.signers.verify(
            stored.content, stored.signature, namespace=namespace, at=(document.made_at, at)
        )
        return Paper(digest, document, signature)


def _document(kind: type[Signed], digest: str, stored: SignedBytes) -> tuple[Signed | None, str]:
    """A document, or what is wrong with its bytes."""
    if hashlib.sha256(stored.content).hexdigest() != digest:
        return None, f"{kind.__name__.lower()} {digest[:12]} was edited"
    try:
        return kind.of_bytes(stored.content), ""
    except ReleaseError as error:
        return None, str(error)


def _malformed(detail: str) -> Signature:
    return Signature(None, "", "malformed", detail)
