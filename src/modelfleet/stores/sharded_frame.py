"""The list of files of a sharded table."""

import json
import os
from pathlib import Path
from typing import Any

import polars as pl

from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.describe import DescribedDataset, absolute
from modelfleet.stores.frames import TablePreview

__all__ = ["ShardedFrameDataset"]


class ShardedFrameDataset(DescribedDataset[ShardedFrame, ShardedFrame]):
    """A JSON file that lists the files of a table in the workspace.

    Args:
        filepath: of the JSON file.
        path: root of the workspace that holds the files.
        metadata: layer and description for Kedro-Viz.
    """

    def __init__(self, *, filepath: str, path: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._path = absolute(path)

    def load(self) -> ShardedFrame:
        """Read the list; the files themselves are read where they are needed."""
        stored = json.loads(Path(self._filepath).read_text(encoding="utf-8"))
        return ShardedFrame(self._path, stored["digest"], tuple(stored["files"]), stored["rows"])

    def save(self, data: ShardedFrame) -> None:
        """Write the list, whole or not at all."""
        target = Path(self._filepath)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        content = {"digest": data.digest, "rows": data.rows, "files": list(data.files)}
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        temporary.replace(target)

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows, without the long lists, for Kedro-Viz."""
        frame = self.load().scan()
        flat = [
            name
            for name, kind in frame.collect_schema().items()
            if not isinstance(kind, pl.List) and kind != pl.Binary
        ]
        head = frame.select(pl.col(flat).cast(pl.String)).head(nrows).collect()
        return TablePreview(head.to_pandas().to_dict(orient="split"))

    def _exists(self) -> bool:
        return Path(self._filepath).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "path": self._path}
