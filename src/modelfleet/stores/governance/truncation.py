"""Signed requests name the entry that their signer saw: a channel without it was cut."""

from collections.abc import Collection, Sequence

from modelfleet.domain.approvals import Entry, Problem
from modelfleet.stores.proofs import StoredProofs

__all__ = ["unseen_heads"]

SENTENCE = (
    "its signer saw the channel at entry {head}, which is not in it: the channel was truncated or "
    "replaced; restore it from a copy"
)


def unseen_heads(
    names: Collection[str], entries: Sequence[Entry], proofs: StoredProofs
) -> list[Problem]:
    """Requests in good order whose entry is not in the channel.

    Args:
        names: of requests, listed before the channel was read: others may append and request in
            between.
        entries: of the channel.
        proofs: verified signatures: anybody can write a request that is not signed.
    """
    known = {each.before for each in entries} | {each.digest for each in entries[-1:]} | {None}
    requests = {name: proofs.read_request(name) for name in names}
    heads = {name: request.head for name, request in requests.items() if request}
    return [
        Problem("truncated", f"request {name[:12]}", SENTENCE.format(head=(head or "")[:12]))
        for name, head in heads.items()
        if head not in known and _signed(name, proofs)
    ]


def _signed(name: str, proofs: StoredProofs) -> bool:
    request = proofs.read_request(name)
    paper = proofs.request(name, at=request.requested_at) if request else None
    return paper is not None and paper.signature.flaw is None
