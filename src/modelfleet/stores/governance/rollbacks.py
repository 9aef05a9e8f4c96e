"""Back to a release that served before: one owner's signature suffices, and it acts at once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from modelfleet.domain.approvals import Entry, Refusal, Request, raise_refusals, refusal
from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.fleet.notices import Outbox
from modelfleet.stores.governance.effect import insist, went_live
from modelfleet.stores.governance.outcomes import Outcome
from modelfleet.stores.governance.place import Governance, present
from modelfleet.stores.governance.requests import signed_request
from modelfleet.stores.governance.standing import proposed

__all__ = ["rollback"]

LASTS = timedelta(hours=1)
"""A rollback acts at once: its request counts no longer than a lost race may take."""


def rollback(
    governance: Governance,
    rid: str,
    *,
    reason: str,
    key: Path,
    cohorts: Collection[str] | None = None,
    now: datetime | None = None,
    outbox: Outbox | None = None,
) -> Outcome:
    """Put a release that served before back in service.

    Args:
        governance: of the environment.
        rid: the release's whole name.
        reason: why, in the person's words.
        key: that signs.
        cohorts: for which; ``None`` for all that the person owns and that it served before.
        now: the present, if given.
        outbox: is told.

    Raises:
        RefusedError: the person owns none of the cohorts, or the release never served them.
        ReleaseError: the release cannot be trusted, or serves already.
        ConfigurationError: the key cannot be used.
    """
    governance.check_writable()
    moment = present(now)
    governance.releases.open(rid)
    entries = governance.channel.entries()
    who = governance.signers.principal_of(key)
    serves = _replaced(entries, rid, cohorts)
    against = _against(governance, rid, entries, serves, who=who, now=moment)
    possible = [cohort for cohort in serves if not against[cohort]]
    refusals = tuple(each for found in against.values() for each in found)
    if cohorts or not possible:
        raise_refusals(refusals)
    expected = {cohort: serves[cohort] for cohort in possible}
    request = _request(governance, rid, entries, expected, who=who, reason=reason, now=moment)
    name, signed, _ = signed_request(governance, request, key=key, now=moment)
    governance.approvals.put_request(request, signed.signature)
    entry = _append(governance, request, now=moment)
    if outbox:
        outbox.post(went_live(entry, rid, environment=governance.environment))
    return Outcome(name, name, entry.position, tuple(possible), refusals=refusals)


def _request(
    governance: Governance,
    rid: str,
    entries: Sequence[Entry],
    expected: Mapping[str, str | None],
    *,
    who: str,
    reason: str,
    now: datetime,
) -> Request:
    return Request(
        kind="rollback",
        release=rid,
        provenance=governance.releases.provenance_digest(rid),
        environment=governance.environment,
        head=entries[-1].digest,
        expected=dict(expected),
        requested_by=who,
        reason=reason,
        requested_at=now,
        expires=now + LASTS,
    )


def _replaced(
    entries: Sequence[Entry], rid: str, cohorts: Collection[str] | None
) -> dict[str, str]:
    """The cohorts that would go back, and what serves each."""
    serves = entries[-1].serves if entries else {}
    if unknown := sorted(set(cohorts or ()) - serves.keys()):
        raise ReleaseError(f"nothing serves {listing(unknown)} here; there is nothing to go back")
    found = {c: serves[c] for c in sorted(cohorts or serves) if serves[c] != rid}
    if not found:
        what = "serves already" if serves else "cannot go back: nothing is live here"
        raise ReleaseError(f"the release {rid[:12]} {what}")
    return found


def _against(
    governance: Governance,
    rid: str,
    entries: Sequence[Entry],
    cohorts: Collection[str],
    *,
    who: str,
    now: datetime,
) -> dict[str, list[Refusal]]:
    """What stands against going back, before the person is asked to sign."""
    judge = governance.channel.judge(entries, now=now)
    against: dict[str, list[Refusal]] = {cohort: [] for cohort in cohorts}
    for cohort, found in against.items():
        owners = governance.owners.owners_of(cohort, at=now)
        if who not in owners:
            detail = ", ".join(owners) or "nobody"
            found.append(refusal("not_owner", cohort, who=who, detail=detail))
        if all(served != rid for _, served in judge.verified(cohort)):
            found.append(refusal("never_served", cohort, detail=rid[:12]))
    return against


def _append(governance: Governance, request: Request, *, now: datetime) -> Entry:
    """The entry, once it is written.

    Raises:
        RefusedError: a cohort moved in between.
    """

    def attempt() -> tuple[Entry, bool]:
        entries = governance.channel.entries()
        entry = proposed(
            entries,
            request,
            cohorts=request.expected,
            decisions=(),
            at=now,
            by=request.requested_by,
        )
        return entry, governance.channel.append(entry, now=now)

    return insist(attempt)
