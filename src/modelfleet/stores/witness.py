"""The last entry of a channel that was seen, kept outside of the channel.

A chain proves that nothing in it was changed; it cannot prove that nothing was cut off its end. The
witness can, as long as whoever cuts cannot also write the witness.
"""

import json
from dataclasses import dataclass

from modelfleet.domain.approvals import Entry
from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.lineage import canonical_json
from modelfleet.stores.objects import Objects

__all__ = ["Seen", "Witness"]


@dataclass(frozen=True)
class Seen:
    """An entry that was once the last."""

    position: int
    digest: str


@dataclass(frozen=True)
class Witness:
    """Remembers the last entry of an environment's channel."""

    objects: Objects
    environment: str

    def seen(self) -> Seen | None:
        """The last entry that was seen; ``None`` before the first.

        Raises:
            ReleaseError: what was kept cannot be read.
        """
        if (content := self.objects.get(self._name)) is None:
            return None
        try:
            kept = json.loads(content)
            return Seen(int(kept["position"]), str(kept["digest"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseError(
                f"the witness {self.objects.root}/{self._name} cannot be read; restore it from a "
                "copy, or write it anew after an audit"
            ) from error

    def move(self, entry: Entry) -> None:
        """Move forward to an entry, never back."""
        seen = self.seen()
        if seen is None or seen.position < entry.position:
            kept = {"position": entry.position, "digest": entry.digest}
            self.objects.put(self._name, canonical_json(kept).encode())

    @property
    def _name(self) -> str:
        return f"{self.environment}.json"
