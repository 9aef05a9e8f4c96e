"""What is live in an environment, ready to be challenged."""

from typing import Any

from kedro.io import DatasetError

from modelfleet.fleet.champions import Champions
from modelfleet.stores.channel import Channel
from modelfleet.stores.describe import DescribedDataset, absolute
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import ReleaseStore

__all__ = ["ChampionsDataset"]


class ChampionsDataset(DescribedDataset[Any, Champions]):
    """Loads what the channel says is live, after checking every byte of it.

    Args:
        filepath: of the channel.
        releases: ``filepath`` of the store of releases.
        metadata: layer and description for Kedro-Viz.
    """

    def __init__(
        self, *, filepath: str, releases: dict[str, str], metadata: dict[str, Any] | None = None
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._releases = absolute(releases["filepath"])

    def load(self) -> Champions:
        """What serves each cohort; nothing before the first release.

        Raises:
            ReleaseError: the channel is broken, or a release cannot be trusted.
        """
        live = Channel(Objects(self._filepath)).live()
        store = ReleaseStore(Objects(self._releases))
        opened = {rid: store.open(rid) for rid in sorted(set(live.values()))}
        return Champions.of({cohort: opened[rid] for cohort, rid in live.items()})

    def save(self, data: Any) -> None:
        """Refused: what is live changes by an entry in the channel."""
        raise DatasetError("champions are what the channel says is live; append an entry to it")

    def _exists(self) -> bool:
        return True
