"""The assets of the catalog through which releases go live."""

from typing import Any

from kedro.io import DatasetError

from modelfleet.domain.approvals import Entry, Owners
from modelfleet.domain.errors import ReleaseError
from modelfleet.fleet.promotion import PromotionDecision
from modelfleet.stores.channel import Channel
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.governance.place import Governance, Places, present

__all__ = ["ApprovalsDataset", "ChannelDataset"]


class GovernedDataset(DescribedDataset[Any, Any]):
    """An asset that needs to know how releases go live here.

    Args:
        filepath: where it lies.
        governance: see :class:`~modelfleet.stores.governance.place.Places`.
        metadata: layer and description for Kedro-Viz.
    """

    def __init__(
        self,
        *,
        filepath: str,
        governance: dict[str, Any],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        owners = Owners.of(governance["owners"])
        self._places = Places.model_validate({**governance, "owners": owners}).settled()

    def governance(self) -> Governance:
        """All that decides what is live; nothing is read yet."""
        return Governance.at(self._places, protected_by=self.protected_by)


class ApprovalsDataset(GovernedDataset):
    """Signed requests and decisions, and the door for people: loads the governance."""

    def load(self) -> Governance:
        """All that decides what is live here."""
        return self.governance()

    def save(self, data: Any) -> None:
        """Refused: people sign."""
        raise DatasetError("approvals are signed by people: `modelfleet request`, `approve`")

    def _exists(self) -> bool:
        return True


class ChannelDataset(GovernedDataset):
    """Saves a run's decision as the next entry; loads the log."""

    def load(self) -> Channel:
        """The log."""
        return self.governance().channel

    def save(self, data: PromotionDecision) -> None:
        """Append what the decision makes live, if it makes anything live."""
        if data.serves:
            append_automatic(self.governance(), data)

    def _exists(self) -> bool:
        return bool(self.load().read().entries)


def append_automatic(governance: Governance, decision: PromotionDecision) -> bool:
    """Make a run's release live by policy; ``False`` if that is what is live already.

    Raises:
        RefusedError: a cohort is under four eyes.
        ReleaseError: somebody else appended at the same time, or the chain is broken.
    """
    channel, moment = governance.channel, present(None)
    entries = channel.entries()
    live = entries[-1].serves if entries else {}
    changes = {c: rid for c, rid in decision.serves.items() if live.get(c) != rid}
    if not changes:
        return False
    entry = Entry.after(
        entries,
        kind="automatic",
        changes=changes,
        provenance=dict.fromkeys(changes.values(), decision.provenance),
        at=moment,
        by=decision.by,
        reason=decision.reason,
    )
    if not channel.append(entry, now=moment):
        raise ReleaseError(
            f"the channel {governance.channel_objects.root} moved while this run was at work: "
            f"entry {entry.position} was written by somebody else; run again"
        )
    return True
