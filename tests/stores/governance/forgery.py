"""What somebody could write who can write to storage, and passes our commands by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from modelfleet.domain.approvals import DECISION, REQUEST, Decision, Entry, Request
from modelfleet.stores.signing import sign
from tests.people import NOON, Organisation

__all__ = ["Forger"]

LATER = NOON + timedelta(hours=2)


@dataclass(frozen=True)
class Forger:
    """Signs anything with any key, and appends any entry that follows in the chain."""

    people: Organisation

    def request(self, rid: str, *, key: str = "data-science", **changes: Any) -> Request:
        """A request as it should be, but for the changes; kept with a signature of the key."""
        place = self.people.open()
        entries = place.channel_objects.names()
        serves = place.channel.read().serves if entries else {}
        fields = {
            "kind": "promote",
            "release": rid,
            "provenance": place.releases.provenance_digest(rid),
            "environment": "production",
            "head": place.channel.read().head,
            "expected": {cohort: serves.get(cohort) for cohort in ("north", "south")},
            "requested_by": key,
            "reason": "better",
            "requested_at": LATER,
            "expires": LATER + timedelta(days=7),
        }
        made = Request(**{**fields, **changes})
        content = made.to_bytes()
        signature = sign(content, namespace=REQUEST, key=self.people.keys[key])
        place.approvals.put_request(made, signature)
        return made

    def decision(self, request: Request, *, key: str = "operations", **changes: Any) -> Decision:
        """An approval as it should be, but for the changes; kept with a signature of the key."""
        fields = {
            "request": request.digest,
            "cohorts": tuple(request.expected),
            "decision": "approve",
            "decided_by": key,
            "reason": "looked at",
            "decided_at": LATER + timedelta(minutes=1),
        }
        made = Decision(**{**fields, **changes})
        content = made.to_bytes()
        signature = sign(content, namespace=DECISION, key=self.people.keys[key])
        self.people.open().approvals.put_decision(made, signature)
        return made

    def append(
        self,
        request: Request | None,
        decisions: Sequence[Decision] = (),
        *,
        changes: Mapping[str, str] | None = None,
        at: datetime = LATER + timedelta(minutes=2),
        **fields: Any,
    ) -> Entry:
        """Write the entry that follows, whatever the rules say, and move the witness along."""
        place = self.people.open()
        entries = place.channel.read().entries
        rid = request.release if request else ""
        entry = Entry.after(
            entries,
            **{
                "kind": "approved" if request else "automatic",
                "changes": changes or dict.fromkeys(request.expected if request else (), rid),
                "provenance": {rid: request.provenance} if request else {},
                "at": at,
                "by": "somebody",
                "reason": "because",
                "request": request.digest if request else None,
                "decisions": tuple(each.digest for each in decisions),
                **fields,
            },
        )
        assert place.channel_objects.create(f"{entry.position:06d}.json", entry.to_bytes())
        place.witness.move(entry)
        return entry
