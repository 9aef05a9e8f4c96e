"""Which release is live in an environment: an append-only log.

Each entry names the digest of the one before and is written by exclusive create, so of two writers
one wins and a changed past shows.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.lineage import canonical_json
from modelfleet.fleet.promotion import PromotionDecision
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.objects import Objects

__all__ = ["Channel", "ChannelDataset"]


@dataclass(frozen=True)
class Channel:
    """The log of one environment."""

    objects: Objects

    def entries(self) -> list[dict[str, Any]]:
        """All entries, oldest first, after checking that each follows from the one before.

        Raises:
            ReleaseError: the chain is broken.
        """
        entries: list[dict[str, Any]] = []
        before = None
        for position, name in enumerate(self.objects.names(), start=1):
            content = self.objects.get(name) or b"{}"
            entry = json.loads(content)
            if name != _name(position) or entry.get("before") != before:
                raise ReleaseError(
                    f"the channel {self.objects.root} is broken at {name!r}: it does not follow "
                    "from the entry before; restore the folder from a copy"
                )
            entries.append(entry)
            before = hashlib.sha256(content).hexdigest()
        return entries

    def live(self) -> dict[str, str]:
        """Cohort to the release that serves it; empty before the first entry."""
        entries = self.entries()
        serves: dict[str, str] = entries[-1]["serves"] if entries else {}
        return serves

    def append(self, decision: PromotionDecision) -> bool:
        """Make a release live; ``False`` if that is what is live already.

        Raises:
            ReleaseError: somebody else appended at the same time.
        """
        entries = self.entries()
        if entries and entries[-1]["serves"] == decision.serves:
            return False
        position = len(entries) + 1
        entry = {
            "before": self._digest(position - 1),
            "serves": dict(decision.serves),
            "provenance": decision.provenance,
            "at": decision.at,
            "by": decision.by,
        }
        if not self.objects.create(_name(position), canonical_json(entry).encode()):
            raise ReleaseError(
                f"the channel {self.objects.root} moved while this run was at work: entry "
                f"{position} was written by somebody else; run again"
            )
        return True

    def _digest(self, position: int) -> str | None:
        content = self.objects.get(_name(position))
        return None if content is None else hashlib.sha256(content).hexdigest()


class ChannelDataset(DescribedDataset[PromotionDecision, Channel]):
    """Saves a decision as the next entry; loads the log."""

    def load(self) -> Channel:
        """The log."""
        return Channel(Objects(self._filepath))

    def save(self, data: PromotionDecision) -> None:
        """Append the decision, if it makes anything live."""
        if data.serves:
            self.load().append(data)

    def _exists(self) -> bool:
        return bool(self.load().entries())


def _name(position: int) -> str:
    return f"{position:06d}.json"
