"""Signed requests name the entry that their signer saw: a channel without it was cut."""

from collections.abc import Mapping, Sequence

from modelfleet.domain.approvals import Entry, Problem
from modelfleet.stores.governance.place import Governance
from modelfleet.stores.proofs import StoredProofs

__all__ = ["heads_of_requests", "unseen_heads"]


def heads_of_requests(governance: Governance, proofs: StoredProofs) -> dict[str, str]:
    """Request to the entry that it names as the last.

    To be asked for before the channel is read: others may append and request in between.
    """
    found = {name: proofs.read_request(name) for name in governance.approvals.requests()}
    return {name: each.head for name, each in found.items() if each and each.head}


def unseen_heads(
    heads: Mapping[str, str], entries: Sequence[Entry], proofs: StoredProofs
) -> list[Problem]:
    """Requests in good order whose entry is not in the channel.

    Args:
        heads: from :func:`heads_of_requests`.
        entries: of the channel.
        proofs: verified signatures: anybody can write a request that is not signed.
    """
    known = {each.before for each in entries} | {each.digest for each in entries[-1:]}
    return [
        Problem("truncated", f"request {name[:12]}", SENTENCE.format(head=head[:12]))
        for name, head in heads.items()
        if head not in known and _signed(name, proofs)
    ]


SENTENCE = (
    "its signer saw the channel at entry {head}, which is not in it: the channel was truncated or "
    "replaced; restore it from a copy"
)


def _signed(name: str, proofs: StoredProofs) -> bool:
    request = proofs.read_request(name)
    paper = proofs.request(name, at=request.requested_at) if request else None
    return paper is not None and paper.signature.flaw is None
