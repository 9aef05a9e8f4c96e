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
        yield refusal("malformed", paper.name, detail=signature.detail)
        return
    if signature.flaw:
        who = signature.principal or _author(document)
        yield refusal(signature.flaw, paper.name, who=who, detail=signature.detail)
    elif signature.principal != _author(document):
        detail = signature.principal
        yield refusal("other_signer", paper.name, who=_author(document), detail=detail)


def dated(paper: Paper[Decision], *, after: datetime, before: datetime) -> Iterator[Refusal]:
    """Whether a decision lies between its request and the entry that rests on it."""
    if paper.document is None:
        return
    at = paper.document.decided_at
    if at > before + SKEW:
        yield refusal("future", paper.name, detail=at.isoformat())
    if at < after - SKEW:
        yield refusal("too_early", paper.name, detail=at.isoformat())


def _author(document: Request | Decision) -> str:
    return document.requested_by if isinstance(document, Request) else document.decided_by
