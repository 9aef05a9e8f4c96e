"""What is live in an environment, ready to forecast."""

from typing import Any

from kedro.io import DatasetError

from modelfleet.stores.governance.assets import GovernedDataset
from modelfleet.stores.governance.live import Live, open_live

__all__ = ["LiveReleasesDataset"]


class LiveReleasesDataset(GovernedDataset):
    """Loads what may serve, after checking chain, signatures and every byte of it."""

    def load(self) -> Live:
        """What serves each cohort, and why something newer does not."""
        return open_live(self.governance())

    def save(self, data: Any) -> None:
        """Refused: what is live changes by an entry in the channel."""
        raise DatasetError("what is live changes by an entry in the channel")

    def _exists(self) -> bool:
        return True
