"""One line of a channel: what serves each cohort from now on, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Self

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

    @classmethod
    def after(
        cls,
        entries: Sequence["Entry"],
        *,
        kind: Literal["automatic", "approved", "rollback"],
        changes: Mapping[str, str],
        provenance: Mapping[str, str],
        at: datetime,
        by: str,
        reason: str,
        request: str | None = None,
        decisions: Sequence[str] = (),
    ) -> Self:
        """The entry that would follow.

        Args:
            entries: of the channel, oldest first.
            kind: why it may follow.
            changes: cohort to the release that serves it from now on; others stay as they are.
            provenance: release to digest, of those that newly serve.
            at: when.
            by: who.
            reason: why.
            request: digest of the request.
            decisions: digests of the decisions.
        """
        last = entries[-1] if entries else None
        return cls(
            position=len(entries) + 1,
            before=last.digest if last else None,
            kind=kind,
            serves={**(last.serves if last else {}), **changes},
            provenance=dict(provenance),
            at=at,
            by=by,
            reason=reason,
            request=request,
            decisions=tuple(decisions),
        )
