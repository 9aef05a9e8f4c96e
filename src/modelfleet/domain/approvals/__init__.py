"""Approvals: who may put what in effect, as pure rules over verified facts."""

from modelfleet.domain.approvals.documents import DECISION, REQUEST, Decision, Request
from modelfleet.domain.approvals.entry import Entry
from modelfleet.domain.approvals.judge import Judge
from modelfleet.domain.approvals.owners import Owners, OwnersOfCohorts, Policies
from modelfleet.domain.approvals.papers import Paper, Proofs, ReleaseFacts, Signature
from modelfleet.domain.approvals.problems import Problem
from modelfleet.domain.approvals.refusals import CODES, Refusal, raise_refusals, refusal

__all__ = [
    "CODES",
    "DECISION",
    "REQUEST",
    "Decision",
    "Entry",
    "Judge",
    "Owners",
    "OwnersOfCohorts",
    "Paper",
    "Policies",
    "Problem",
    "Proofs",
    "Refusal",
    "ReleaseFacts",
    "Request",
    "Signature",
    "raise_refusals",
    "refusal",
]
