"""Where the engine's workers leave their results: Parquet files in a folder or in a bucket."""

import io
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import polars as pl
from kedro.io import DatasetError

from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.objects import Objects

__all__ = ["ObjectWorkspace", "WorkspaceDataset"]


MAGIC = b"PAR1"
"""How a Parquet file ends."""


@dataclass(frozen=True)
class ObjectWorkspace:
    """A :class:`~modelfleet.fleet.sharded.Workspace` that all workers see.

    Attributes:
        root: a folder, or the URL of a bucket; what opens it comes from the machine's environment.
        protected_by: see :class:`~modelfleet.stores.objects.Objects`; goes to the workers with it.
    """

    root: str
    protected_by: str | None = None

    def find(self, files: Collection[str]) -> set[str]:
        """See :class:`~modelfleet.fleet.sharded.Workspace`.

        A file that a full disk or a power cut left without its end is not there: it is computed
        again instead of failing every run.
        """
        ends = self._objects.ends(files, len(MAGIC))
        return {file for file, end in ends.items() if end == MAGIC}

    def put(self, file: str, frame: pl.DataFrame) -> None:
        """See :class:`~modelfleet.fleet.sharded.Workspace`."""
        content = io.BytesIO()
        frame.rechunk().write_parquet(content)  # bytes depend on chunks
        self._objects.put(file, content.getvalue())

    def read(self, file: str) -> pl.DataFrame | None:
        """See :class:`~modelfleet.fleet.sharded.Workspace`."""
        content = self._objects.get(file)
        return None if content is None else pl.read_parquet(io.BytesIO(content))

    def remove(self, files: Collection[str]) -> None:
        """See :class:`~modelfleet.fleet.sharded.Workspace`."""
        self._objects.delete(files)

    @property
    def _objects(self) -> Objects:
        return Objects(self.root, self.protected_by)


class WorkspaceDataset(DescribedDataset[Any, ObjectWorkspace]):
    """Hands out the workspace; nothing is saved through it."""

    opens_a_door = True

    def load(self) -> ObjectWorkspace:
        """The workspace at the configured place."""
        return ObjectWorkspace(self._filepath, self.protected_by)

    def save(self, data: Any) -> None:
        """Refused: results come from workers."""
        raise DatasetError("the workspace is written by the engine's workers, not by a node")

    def _exists(self) -> bool:
        return True
