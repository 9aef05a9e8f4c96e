"""Whether owners stand behind a request for a cohort."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from modelfleet.domain.approvals.documents import Decision, Request
from modelfleet.domain.approvals.papers import Paper
from modelfleet.domain.approvals.refusals import Refusal, refusal
from modelfleet.domain.approvals.signers import dated, signature_refusals

__all__ = ["decision_refusals"]


def decision_refusals(
    request: Paper[Request],
    decisions: Mapping[str, Paper[Decision] | None],
    *,
    cohort: str,
    owners: Sequence[str],
    at: datetime,
) -> list[Refusal]:
    """What stands against a cohort of a request: nothing, once one owner approved in good order.

    Args:
        request: the signed request.
        decisions: digest to the signed decision; ``None`` where it was not found.
        cohort: the cohort.
        owners: who may approve for it.
        at: when it goes live.
    """
    missing = [refusal("no_decision", name) for name, paper in decisions.items() if paper is None]
    papers = [paper for paper in decisions.values() if paper and _concerns(paper, cohort)]
    against = {p.name: _against(request, p, cohort, owners, at) for p in papers}
    good = [p.document for p in papers if p.document and not against[p.name]]
    if rejected := [d for d in good if d.decision == "reject"]:
        first = rejected[0]
        return [refusal("rejected", cohort, who=first.decided_by, detail=first.reason)]
    if good:
        return missing
    found = [each for refusals in against.values() for each in refusals]
    waiting = refusal("not_approved", cohort, detail=", ".join(owners) or "nobody")
    return [*missing, *found, waiting]


def _concerns(paper: Paper[Decision], cohort: str) -> bool:
    return paper.document is None or cohort in paper.document.cohorts


def _against(
    request: Paper[Request],
    paper: Paper[Decision],
    cohort: str,
    owners: Sequence[str],
    at: datetime,
) -> list[Refusal]:
    asked, decided = request.document, paper.document
    found = list(signature_refusals(paper))
    if asked is None or decided is None:
        return found
    found += dated(paper, after=asked.requested_at, before=at)
    if decided.decision == "reject" and decided.decided_by == asked.requested_by:
        return found  # whoever asked may take it back
    return found + list(_second_person(request, paper, cohort, owners))


def _second_person(
    request: Paper[Request], paper: Paper[Decision], cohort: str, owners: Sequence[str]
) -> Iterator[Refusal]:
    """The one who decides is an owner, and somebody else than the one who asks."""
    asked, decided = request.document, paper.document
    if asked is None or decided is None:
        return
    who = decided.decided_by
    if who == asked.requested_by:
        yield refusal("self_approval", cohort, who=who)
    elif paper.signature.key and paper.signature.key == request.signature.key:
        yield refusal("same_key", cohort, who=who, detail=asked.requested_by)
    if who not in owners:
        yield refusal("not_owner", cohort, who=who, detail=", ".join(owners) or "nobody")
