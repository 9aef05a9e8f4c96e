"""What people sign: a request to put a release in effect, and an owner's decision on it.

A document is stored, signed and named by its canonical bytes. One that is not canonical is refused,
so that a document has one name.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.lineage import canonical_json

__all__ = ["DECISION", "REQUEST", "Cohort", "Decision", "Digest", "Document", "Request", "Text"]

REQUEST = "request@modelfleet"
"""Namespace of signatures of requests: they count for nothing else."""
DECISION = "decision@modelfleet"

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Cohort = Annotated[str, Field(min_length=1)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class Document(BaseModel):
    """A frozen document with one canonical form."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True
    )

    version: Literal[1] = Field(default=1, alias="schema")

    def to_bytes(self) -> bytes:
        """The document as it is stored, signed and hashed."""
        return canonical_json(self.model_dump(mode="json", by_alias=True)).encode()

    @property
    def digest(self) -> str:
        """Its name: SHA-256 of its bytes."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @classmethod
    def of_bytes(cls, content: bytes) -> Self:
        """Read a document.

        Raises:
            ReleaseError: it is none, or not in its canonical form.
        """
        try:
            document = cls.model_validate_json(content)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, found["loc"])) or "it"
            raise ReleaseError(
                f"it is no {cls.__name__.lower()}: {where}: {found['msg']}"
            ) from None
        if document.to_bytes() != content:
            raise ReleaseError(f"the {cls.__name__.lower()} is not in its canonical form")
        return document


class Request(Document):
    """A person asks for a release to serve cohorts.

    Attributes:
        kind: forward to a release, or back to one that served before.
        release: its name.
        provenance: digest of what is known about the run that made it.
        environment: the only one it counts for.
        head: digest of the channel's last entry that the person saw; ``None`` for an empty channel.
        expected: cohort to the release that is replaced there; ``None`` where nothing serves.
        holds: codes of the reasons to hold the release that the request clears.
        requested_by: the person, as ``allowed_signers`` names the key.
        reason: in the person's words.
        requested_at: when.
        expires: nothing goes live by the request after that.
    """

    kind: Literal["promote", "rollback"]
    release: Digest
    provenance: Digest
    environment: str = Field(min_length=1)
    head: Digest | None
    expected: dict[Cohort, Digest | None] = Field(min_length=1)
    holds: tuple[str, ...] = ()
    requested_by: str = Field(min_length=1)
    reason: Text
    requested_at: AwareDatetime
    expires: AwareDatetime

    @property
    def author(self) -> str:
        """Who signs it."""
        return self.requested_by

    @property
    def made_at(self) -> datetime:
        """When it was signed, as it says itself."""
        return self.requested_at

    def expired(self, at: datetime) -> bool:
        """Whether it is too late to put it in effect."""
        return at > self.expires


class Decision(Document):
    """An owner's answer to a request, for some of its cohorts.

    Attributes:
        request: digest of the request.
        cohorts: for which it was decided.
        decision: ``approve`` or ``reject``.
        decided_by: the person, as ``allowed_signers`` names the key.
        reason: in the person's words.
        decided_at: when.
    """

    request: Digest
    cohorts: tuple[Cohort, ...] = Field(min_length=1)
    decision: Literal["approve", "reject"]
    decided_by: str = Field(min_length=1)
    reason: Text
    decided_at: AwareDatetime

    @property
    def author(self) -> str:
        """Who signs it."""
        return self.decided_by

    @property
    def made_at(self) -> datetime:
        """When it was signed, as it says itself."""
        return self.decided_at
