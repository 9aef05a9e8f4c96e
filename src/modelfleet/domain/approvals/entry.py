"""One line of a channel: what serves each cohort from now on, and why."""

from typing import Literal

from pydantic import AwareDatetime, Field

from modelfleet.domain.approvals.documents import Cohort, Digest, Document

__all__ = ["Entry"]


class Entry(Document):
    """An entry of a channel.

    Attributes:
        position: 1 for the first.
        before: digest of the entry before; ``None`` for the first.
        kind: by policy, by an approved request, or back by a signed request.
        serves: every cohort to the release that serves it, changed or not.
        provenance: release to the digest of its provenance, of each that newly serves.
        at: when it was written.
        by: who wrote it; for ``automatic`` the user of the run, who signs nothing.
        reason: why.
        request: digest of the request; ``None`` for ``automatic``.
        decisions: digests of the owners' decisions that it rests on.
    """

    position: int = Field(ge=1)
    before: Digest | None
    kind: Literal["automatic", "approved", "rollback"]
    serves: dict[Cohort, Digest] = Field(min_length=1)
    provenance: dict[Digest, Digest] = Field(default_factory=dict)
    at: AwareDatetime
    by: str
    reason: str
    request: Digest | None = None
    decisions: tuple[Digest, ...] = ()
