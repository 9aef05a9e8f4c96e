"""Puts an approved request in effect: an entry in the channel, of two writers one at a time."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from modelfleet.domain.approvals import Entry
from modelfleet.domain.errors import ReleaseError
from modelfleet.fleet.notices import Notice
from modelfleet.stores.governance.place import Governance
from modelfleet.stores.governance.standing import Standing, proposed, standing_of

__all__ = ["append_ready", "insist", "went_live"]

Appended = TypeVar("Appended")

TRIES = 100
"""How often a lost race is run again."""


def append_ready(governance: Governance, name: str, *, by: str, now: datetime) -> Entry | None:
    """Append what is approved and not live yet; ``None`` where that is nothing.

    Raises:
        ReleaseError: the release cannot be trusted, or the channel is broken.
    """

    def attempt() -> tuple[Entry | None, bool]:
        entries = governance.channel.entries()
        proofs = governance.proofs
        stands = standing_of(governance, name, entries=entries, proofs=proofs, now=now)
        if not stands.ready:
            return None, True
        governance.releases.open(stands.request.release)
        decisions = _named(stands, stands.ready)
        entry = proposed(
            entries, stands.request, cohorts=stands.ready, decisions=decisions, at=now, by=by
        )
        return entry, governance.channel_with(proofs).append(entry, now=now)

    return insist(attempt)


def went_live(entry: Entry, rid: str, *, environment: str) -> Notice:
    """Tells that a release serves."""
    cohorts = tuple(sorted(c for c, each in entry.serves.items() if each == rid))
    return Notice(
        kind="rolled_back" if entry.kind == "rollback" else "live",
        environment=environment,
        release=rid,
        cohorts=cohorts,
        by=entry.by,
        reason=entry.reason,
        at=entry.at,
        text=f"Release {rid[:12]} serves {', '.join(cohorts)} in {environment} since "
        f"{entry.at:%Y-%m-%d %H:%M} UTC, entry {entry.position} of the channel by {entry.by}: "
        f"{entry.reason}.",
    )


def insist(attempt: Callable[[], tuple[Appended, bool]]) -> Appended:
    """Try until nobody else is quicker: who loses judges anew what then serves.

    Args:
        attempt: the entry, and whether there is nothing more to try.

    Raises:
        ReleaseError: others were quicker each time.
    """
    for _ in range(TRIES):
        entry, done = attempt()
        if done:
            return entry
    raise ReleaseError(f"others wrote to the channel {TRIES} times in a row; try again")


def _named(stands: Standing, ready: Collection[str]) -> list[str]:
    """The decisions that concern cohorts which go live."""
    return [n for n, decision in stands.decisions.items() if set(decision.cohorts) & set(ready)]
