"""What every dataset of ours has in common: it lies at one place, and says where."""

from pathlib import Path
from typing import Any, ClassVar, TypeVar

from kedro.io import AbstractDataset

__all__ = ["DescribedDataset", "absolute"]

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")


class DescribedDataset(AbstractDataset[Saved, Loaded]):
    """A dataset at one place.

    Attributes:
        protected_by: the environment that alone may write there; ``None`` where this one may. What
            a dataset hands out to write through must be told.
        opens_a_door: what it loads is there to be written through.

    Args:
        filepath: where it lies.
        metadata: layer and description for Kedro-Viz; nothing here reads it.
    """

    protected_by: str | None = None
    opens_a_door: ClassVar[bool] = False

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = absolute(filepath)
        self.metadata = metadata

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def absolute(place: str) -> str:
    """A path that stays the same place when the working directory changes; URLs as they are."""
    return place if "://" in place else str(Path(place).absolute())
