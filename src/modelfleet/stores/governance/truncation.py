"""Signed requests name the entry that their signer saw: a channel without it was cut."""

from collections.abc import Sequence

from modelfleet.domain.approvals import Entry, Problem, Request
from modelfleet.domain.errors import ReleaseError
from modelfleet.stores.governance.place import Governance

__all__ = ["unseen_heads"]


def unseen_heads(governance: Governance, entries: Sequence[Entry]) -> list[Problem]:
    """Requests in good order whose entry is not in the channel.

    Args:
        governance: of the environment.
        entries: of its channel.
    """
    heads = {each.before for each in entries} | {entries[-1].digest if entries else None, None}
    found = []
    for name in governance.approvals.requests():
        request = _readable(governance, name)
        if request is None or request.head in heads:
            continue
        paper = governance.proofs.request(name, at=request.requested_at)
        if paper and paper.signature.flaw is None:  # anybody can write one that is not signed
            sentence = (
                f"its signer saw the channel at entry {(request.head or '')[:12]}, which is not "
                "in it: the channel was truncated or replaced; restore it from a copy"
            )
            found.append(Problem("truncated", f"request {name[:12]}", sentence))
    return found


def _readable(governance: Governance, name: str) -> Request | None:
    try:
        stored = governance.approvals.request(name)
        return Request.of_bytes(stored.content) if stored else None
    except ReleaseError:
        return None
