"""An owner approves or rejects a request; what is approved goes live at once."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Literal

from modelfleet.domain.approvals import (
    DECISION,
    Decision,
    Entry,
    Paper,
    Refusal,
    Signature,
    raise_refusals,
    refusal,
)
from modelfleet.domain.approvals.decisions import decision_refusals
from modelfleet.domain.approvals.signers import signature_refusals
from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.fleet.notices import Notice, Outbox
from modelfleet.stores.approvals import SignedBytes
from modelfleet.stores.governance.effect import append_ready, went_live
from modelfleet.stores.governance.outcomes import Outcome
from modelfleet.stores.governance.place import Governance, present
from modelfleet.stores.governance.standing import Standing, standing_of
from modelfleet.stores.proofs import StoredProofs
from modelfleet.stores.signing import sign
from modelfleet.stores.ssh_keys import fingerprint, public_key

__all__ = ["decide"]

IN_ORDER = frozenset({"not_approved", "rejected"})
"""What a decision that is in order leaves: nothing, or the rejection that it is."""


def decide(
    governance: Governance,
    request_id: str,
    *,
    decision: Literal["approve", "reject"],
    reason: str,
    key: Path,
    cohorts: Collection[str] | None = None,
    now: datetime | None = None,
    outbox: Outbox | None = None,
) -> Outcome:
    """Sign and keep a decision; what is then approved goes live at once.

    Approving again puts in effect what an interrupted approval left behind.

    Args:
        governance: of the environment.
        request_id: the request's whole name.
        decision: ``approve`` or ``reject``.
        reason: why, in the person's words.
        key: that signs.
        cohorts: for which; ``None`` for all of the request that the person may decide.
        now: the present, if given.
        outbox: is told.

    Raises:
        RefusedError: the person may not decide, or nothing of it can go live any more.
        ReleaseError: there is no such request, or its release cannot be trusted.
        ConfigurationError: the key cannot be used.
    """
    governance.check_writable()
    moment = present(now)
    entries, proofs = governance.channel.entries(), governance.proofs
    stands = standing_of(governance, request_id, entries=entries, proofs=proofs, now=moment)
    _check_open(stands, cohorts)
    made = Decision(
        request=request_id,
        cohorts=tuple(sorted(cohorts or {*stands.waiting, *stands.ready})),
        decision=decision,
        decided_by=governance.signers.principal_of(key),
        reason=reason,
        decided_at=moment,
    )
    draft = Paper(made.digest, made, Signature(made.decided_by, fingerprint(public_key(key))))
    made = _restricted(governance, stands, draft, proofs=proofs, whole=cohorts is not None)
    governance.approvals.put_decision(made, _signed(governance, made, key=key))
    approved = decision == "approve"
    who = made.decided_by
    entry = append_ready(governance, request_id, by=who, now=moment) if approved else None
    _post(outbox, governance.environment, stands, made, entry)
    return _outcome(governance, made, entry)


def _check_open(stands: Standing, cohorts: Collection[str] | None) -> None:
    """Check that there is something to decide.

    Raises:
        RefusedError: something stands against what was asked for, or it was rejected.
        ReleaseError: it is live, or was never asked for.
    """
    named = set(cohorts or stands.request.expected)
    if unknown := sorted(named - stands.request.expected.keys()):
        raise_refusals([refusal("not_requested", cohort) for cohort in unknown])
    if named & {*stands.waiting, *stands.ready} and not cohorts:
        return
    if left := sorted(named - {*stands.waiting, *stands.ready}):
        raise_refusals([each for each in stands.refusals if not cohorts or each.what in named])
        raise_refusals(
            [
                refusal("rejected", cohort, who=d.decided_by, detail=d.reason)
                for cohort in left
                for d in stands.decisions.values()
                if cohort in stands.rejected and d.decision == "reject" and cohort in d.cohorts
            ]
        )
        raise_refusals(stands.refusals)
        raise ReleaseError(f"the request is live for {listing(left)} already")


def _restricted(
    governance: Governance,
    stands: Standing,
    draft: Paper[Decision],
    *,
    proofs: StoredProofs,
    whole: bool,
) -> Decision:
    """The decision for those of its cohorts that the person may decide.

    Raises:
        RefusedError: there is none; or one is not, and ``whole`` asks for all.
    """
    made, asked = draft.document, proofs.request(stands.name, at=stands.now)
    if made is None or asked is None:
        raise ReleaseError(f"there is no request {stands.name[:12]}")
    against: dict[str, list[Refusal]] = {}
    for cohort in made.cohorts:
        owners = governance.owners.owners_of(cohort, at=made.decided_at)
        found = decision_refusals(
            asked, {draft.name: draft}, cohort=cohort, owners=owners, at=made.decided_at
        )
        against[cohort] = [each for each in found if each.code not in IN_ORDER]
    possible = tuple(cohort for cohort in made.cohorts if not against[cohort])
    if whole or not possible:
        raise_refusals([each for found in against.values() for each in found])
    return made.model_copy(update={"cohorts": possible})


def _signed(governance: Governance, made: Decision, *, key: Path) -> bytes:
    """The signature, verified as everybody else will.

    Raises:
        RefusedError: it would not count.
    """
    content = made.to_bytes()
    signed = SignedBytes(content, sign(content, namespace=DECISION, key=key))
    proofs = governance.proofs_with({made.digest: signed})
    paper = proofs.decision(made.request, made.digest, at=made.decided_at)
    raise_refusals(list(signature_refusals(paper)) if paper else [])
    return signed.signature


def _outcome(governance: Governance, made: Decision, entry: Entry | None) -> Outcome:
    entries, proofs = governance.channel.entries(), governance.proofs
    stands = standing_of(
        governance, made.request, entries=entries, proofs=proofs, now=made.decided_at
    )
    mine = governance.channel_with(proofs).judge(entries, now=made.decided_at)
    return Outcome(
        document=made.digest,
        request=made.request,
        position=entry.position if entry else None,
        live=mine.touched(entry.position) if entry else (),
        waiting=stands.waiting,
        refusals=stands.refusals,
    )


def _post(
    outbox: Outbox | None,
    environment: str,
    stands: Standing,
    made: Decision,
    entry: Entry | None,
) -> None:
    if outbox is None:
        return
    said = "approved" if made.decision == "approve" else "rejected"
    rid = stands.request.release
    notice = Notice(
        kind="approved" if made.decision == "approve" else "rejected",
        environment=environment,
        release=rid,
        cohorts=made.cohorts,
        by=made.decided_by,
        reason=made.reason,
        at=made.decided_at,
        text=f"{made.decided_by} {said} release {rid[:12]} for {', '.join(made.cohorts)} in "
        f"{environment}: {made.reason}.",
    )
    outbox.post(notice)
    if entry is not None:
        outbox.post(went_live(entry, rid, environment=environment))
