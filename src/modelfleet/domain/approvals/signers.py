"""Rules that one signed document meets or not, whatever it says."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from modelfleet.domain.approvals.documents import Decision, Request
from modelfleet.domain.approvals.papers import Paper
from modelfleet.domain.approvals.refusals import Refusal, refusal

__all__ = ["SKEW", "dated", "signature_refusals"]

SKEW = timedelta(minutes=2)
"""How far the clocks of two people's machines may lie apart."""


def signature_refusals(paper: Paper[Request] | Paper[Decision]) -> Iterator[Refusal]:
    """What is wrong with a document's form, its signature or its signer."""
    signature, document = paper.signature, paper.document
    if document is None:
        yield refusal("malformed", f"document {paper.name[:12]}", detail=signature.detail)
        return
    author, what = document.author, _named(document, paper.name)
    if signature.flaw:
        who = signature.principal or author
        yield refusal(signature.flaw, what, who=who, detail=signature.detail)
    elif signature.principal != author:
        yield refusal("other_signer", what, who=author, detail=signature.principal)


def dated(paper: Paper[Decision], *, after: datetime, before: datetime) -> Iterator[Refusal]:
    """Whether a decision lies between its request and the entry that rests on it."""
    if paper.document is None:
        return
    at, what = paper.document.decided_at, _named(paper.document, paper.name)
    if at > before + SKEW:
        yield refusal("future", what, detail=at.isoformat())
    if at < after - SKEW:
        yield refusal("too_early", what, detail=at.isoformat())


def _named(document: Request | Decision, name: str) -> str:
    return f"{type(document).__name__.lower()} {name[:12]}"
