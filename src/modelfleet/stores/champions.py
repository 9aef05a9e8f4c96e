"""What is live in an environment, ready to be challenged."""

from typing import Any

from kedro.io import DatasetError

from modelfleet.fleet.champions import Champions
from modelfleet.stores.governance.assets import GovernedDataset
from modelfleet.stores.governance.live import open_live

__all__ = ["ChampionsDataset"]


class ChampionsDataset(GovernedDataset):
    """Loads what may serve, after checking chain, signatures and every byte of it."""

    def load(self) -> Champions:
        """What serves each cohort; nothing before the first release.

        What cannot be proved is told in the log, and the last release that is proved serves.
        """
        live = open_live(self.governance())
        return Champions.of({cohort: live.releases[rid] for cohort, rid in live.serves.items()})

    def save(self, data: Any) -> None:
        """Refused: what is live changes by an entry in the channel."""
        raise DatasetError("champions are what the channel says is live; append an entry to it")

    def _exists(self) -> bool:
        return True
