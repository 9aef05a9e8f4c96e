"""A person asks for a release to go live; and what is asked for, and waits."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from modelfleet.domain.approvals import REQUEST, Entry, Request, raise_refusals, refusal
from modelfleet.domain.approvals.signers import signature_refusals
from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.fleet.notices import Notice, Outbox
from modelfleet.stores.approvals import SignedBytes
from modelfleet.stores.governance.outcomes import RequestState, state_of
from modelfleet.stores.governance.place import Governance, present
from modelfleet.stores.governance.standing import standing_of
from modelfleet.stores.proofs import StoredProofs
from modelfleet.stores.signing import sign

__all__ = ["DAYS", "make_request", "request_states", "signed_request"]

DAYS = 7.0
"""After how many days a request counts no more, unless said otherwise."""


def make_request(
    governance: Governance,
    rid: str,
    *,
    reason: str,
    key: Path,
    cohorts: Collection[str] | None = None,
    holds: Collection[str] = (),
    days: float = DAYS,
    now: datetime | None = None,
    outbox: Outbox | None = None,
) -> RequestState:
    """Sign and keep a request for a release to go live.

    Args:
        governance: of the environment.
        rid: the release's whole name.
        reason: why, in the person's words.
        key: that signs; see :func:`modelfleet.stores.ssh_keys.find_key`.
        cohorts: for which; ``None`` for all that the release would change.
        holds: codes of the reasons to hold the release that the person looked into and clears.
        days: until it counts no more.
        now: the present, if given.
        outbox: is told.

    Raises:
        RefusedError: the signer is unknown or revoked, or the release is on hold.
        ReleaseError: the release cannot be trusted, or would change nothing.
        ConfigurationError: the key cannot be used.
    """
    governance.check_writable()
    moment, entries = present(now), governance.channel.entries()
    expected = _expected(governance, rid, entries, cohorts, now=moment)
    _check_holds(governance, rid, holds)
    request = Request(
        kind="promote",
        release=rid,
        provenance=governance.releases.provenance_digest(rid),
        environment=governance.environment,
        head=entries[-1].digest if entries else None,
        expected=expected,
        holds=tuple(sorted(set(holds))),
        requested_by=governance.signers.principal_of(key),
        reason=reason,
        requested_at=moment,
        expires=moment + timedelta(seconds=round(days * 86400)),
    )
    name, signed, proofs = signed_request(governance, request, key=key, now=moment)
    stands = standing_of(governance, name, entries=entries, proofs=proofs, now=moment)
    raise_refusals(stands.refusals)
    governance.approvals.put_request(request, signed.signature)
    if outbox:
        outbox.post(_notice(request, name))
    return state_of(stands)


def _check_holds(governance: Governance, rid: str, cleared: Collection[str]) -> None:
    """Check that the request clears whatever holds the release.

    Raises:
        RefusedError: names what it does not clear.
    """
    facts = governance.releases.facts(rid)
    if held := sorted(set(facts.holds if facts else ()) - set(cleared)):
        raise_refusals([refusal("held", rid[:12], detail=", ".join(held))])


def signed_request(
    governance: Governance, request: Request, *, key: Path, now: datetime
) -> tuple[str, SignedBytes, StoredProofs]:
    """Sign a request and verify the signature as everybody else will; nothing is kept yet.

    Raises:
        RefusedError: the signature would not count.
    """
    content = request.to_bytes()
    signed = SignedBytes(content, sign(content, namespace=REQUEST, key=key))
    proofs = governance.proofs_with({request.digest: signed})
    paper = proofs.request(request.digest, at=now)
    raise_refusals(list(signature_refusals(paper)) if paper else [])
    return request.digest, signed, proofs


def request_states(governance: Governance, *, now: datetime | None = None) -> list[RequestState]:
    """All requests that can be read, the newest first."""
    moment, entries, proofs = present(now), governance.channel.entries(), governance.proofs
    found = []
    for name in governance.approvals.requests():
        paper = proofs.request(name, at=moment)
        if paper and paper.document:
            stands = standing_of(governance, name, entries=entries, proofs=proofs, now=moment)
            found.append(state_of(stands))
    return sorted(found, key=lambda each: each.request.requested_at, reverse=True)


def _expected(
    governance: Governance,
    rid: str,
    entries: Sequence[Entry],
    cohorts: Collection[str] | None,
    *,
    now: datetime,
) -> dict[str, str | None]:
    """The cohorts that are asked for, and what serves each of them."""
    release = governance.releases.open(rid)
    serves = entries[-1].serves if entries else {}
    known = {*release.table("serves")["cohort"].unique(), *serves}
    if unknown := sorted(set(cohorts or ()) - known):
        raise ReleaseError(
            f"the release {rid[:12]} has no cohort {listing(unknown)}; it has "
            f"{listing(sorted(known))}"
        )
    asked = cohorts or _unproved(governance, rid, entries, known, now=now)
    if not asked:
        raise ReleaseError(f"the release {rid[:12]} serves every cohort already")
    return {cohort: serves.get(cohort) for cohort in sorted(asked)}


def _unproved(
    governance: Governance,
    rid: str,
    entries: Sequence[Entry],
    known: Collection[str],
    *,
    now: datetime,
) -> list[str]:
    """Cohorts that the release does not serve yet, or not by a proved entry."""
    judge = governance.channel.judge(entries, now=now)
    proved = {cohort: next(judge.verified(cohort), (None, None))[1] for cohort in known}
    return [cohort for cohort in known if proved[cohort] != rid]


def _notice(request: Request, name: str) -> Notice:
    command = f'modelfleet approve {name[:12]} --env {request.environment} --reason "…"'
    cohorts = tuple(request.expected)
    return Notice(
        kind="requested",
        environment=request.environment,
        release=request.release,
        cohorts=cohorts,
        by=request.requested_by,
        reason=request.reason,
        at=request.requested_at,
        text=f"{request.requested_by} asks for release {request.release[:12]} to serve "
        f"{', '.join(cohorts)} in {request.environment}: {request.reason}. An owner approves "
        f"with `{command}`, or says no with `reject`.",
    )
