"""What the rules are told about signed documents and releases: facts that others verified."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from modelfleet.domain.approvals.documents import Decision, Document, Request

__all__ = ["Paper", "Proofs", "ReleaseFacts", "Signature"]

Signed = TypeVar("Signed", bound=Document)


@dataclass(frozen=True)
class Signature:
    """What verifying a signature found.

    Attributes:
        principal: whose key it is, by ``allowed_signers``; ``None`` for nobody's.
        key: fingerprint, such as ``SHA256:…``; empty where the signature holds none.
        flaw: code of the refusal, or ``None`` for a good signature.
        detail: what belongs into the refusal's sentence.
    """

    principal: str | None
    key: str
    flaw: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Paper(Generic[Signed]):
    """A signed document; ``document`` is ``None`` where its bytes are none."""

    name: str
    document: Signed | None
    signature: Signature


@dataclass(frozen=True)
class ReleaseFacts:
    """What is known about a release: the digest of its provenance, and the reasons to hold it."""

    provenance: str
    holds: Collection[str]


class Proofs(Protocol):
    """Where the rules look up what was verified."""

    def request(self, digest: str, *, at: datetime) -> Paper[Request] | None:
        """A request, its signature verified for when it was made and for ``at``."""
        ...

    def decision(self, request: str, digest: str, *, at: datetime) -> Paper[Decision] | None:
        """A decision on a request, likewise."""
        ...

    def read_request(self, digest: str) -> Request | None:
        """What a request says, whatever its signature is worth."""
        ...

    def read_decision(self, request: str, digest: str) -> Decision | None:
        """What a decision says, whatever its signature is worth."""
        ...

    def release(self, rid: str) -> ReleaseFacts | None:
        """Facts about a release; ``None`` where there is none."""
        ...
