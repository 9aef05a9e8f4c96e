"""Where the engine's workers leave their results: a folder of Parquet files."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from kedro.io import DatasetError

from modelfleet.fleet.sharded import file_name
from modelfleet.stores.describe import DescribedDataset

__all__ = ["FolderWorkspace", "WorkspaceDataset"]


MAGIC = b"PAR1"
"""How a Parquet file ends."""


@dataclass(frozen=True)
class FolderWorkspace:
    """A :class:`~modelfleet.fleet.sharded.Workspace` in a folder that all workers see."""

    root: str

    def find(self, kind: str, shard: int, fingerprint: str) -> str | None:
        """See :class:`~modelfleet.fleet.sharded.Workspace`."""
        file = file_name(kind, shard, fingerprint)
        return file if _is_whole(Path(self.root, file)) else None

    def put(self, kind: str, shard: int, fingerprint: str, frame: pl.DataFrame) -> str:
        """See :class:`~modelfleet.fleet.sharded.Workspace`."""
        file = file_name(kind, shard, fingerprint)
        target = Path(self.root, file)
        target.parent.mkdir(parents=True, exist_ok=True)
        # A killed worker leaves a temporary file behind, never half a result.
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
        os.close(handle)
        try:
            frame.rechunk().write_parquet(temporary)
            Path(temporary).chmod(0o666 & ~_umask())  # mkstemp makes files for one user alone
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return file


def _is_whole(file: Path) -> bool:
    """Whether a Parquet file is there to its end: a damaged result is computed again."""
    try:
        with file.open("rb") as content:
            content.seek(-len(MAGIC), os.SEEK_END)
            return content.read() == MAGIC
    except OSError:
        return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class WorkspaceDataset(DescribedDataset[Any, FolderWorkspace]):
    """Hands out the workspace; nothing is saved through it."""

    def load(self) -> FolderWorkspace:
        """The workspace at the configured folder."""
        return FolderWorkspace(self._filepath)

    def save(self, data: Any) -> None:
        """Refused: results come from workers."""
        raise DatasetError("the workspace is written by the engine's workers, not by a node")

    def _exists(self) -> bool:
        return True
