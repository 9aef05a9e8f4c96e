"""The list of files of a sharded table, and the end of files that are on no list any more."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from kedro.io import DatasetError

from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.stores.describe import DescribedDataset, absolute
from modelfleet.stores.frames import TablePreview
from modelfleet.stores.objects import Objects

__all__ = ["ShardedFrameDataset"]

logger = logging.getLogger(__name__)

SAFE = timedelta(days=7)
"""Age of a file that no running run wrote."""


class ShardedFrameDataset(DescribedDataset[ShardedFrame, ShardedFrame]):
    """A JSON file that lists the files of a table in the workspace.

    Saving a new list also cleans up behind the old ones: of the table's folder in the workspace,
    the files stay that are on one of the newest lists, or are younger than a week. The list is
    written first, so whatever happens its files are there.

    Args:
        filepath: of the JSON file.
        path: root of the workspace that holds the files; it is this fleet's alone.
        keep: how many of the newest lists keep their files.
        metadata: layer and description for Kedro-Viz.
    """

    def __init__(
        self,
        *,
        filepath: str,
        path: str,
        keep: int = 5,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        if keep < 1:
            raise DatasetError(f"keep is {keep}; the newest list at least keeps its files: 1")
        self._path, self._keep = absolute(path), keep
        folder, _, self._name = self._filepath.rpartition("/")
        self._lists = Objects(folder)

    def load(self) -> ShardedFrame:
        """Read the list; the files themselves are read where they are needed."""
        stored = self._stored()
        if stored is None:
            raise DatasetError(f"there is no {self._filepath}; run the stage that makes it")
        return ShardedFrame(self._path, stored["digest"], tuple(stored["files"]), stored["rows"])

    def save(self, data: ShardedFrame) -> None:
        """Write the list, whole or not at all, and clean up behind older ones."""
        files = list(data.files)
        earlier = [older for older in self._kept() if older != files][: self._keep - 1]
        content = {"digest": data.digest, "rows": data.rows, "files": files, "earlier": earlier}
        self._lists.put(self._name, json.dumps(content, indent=1).encode())
        self._clean_up([files, *earlier])

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

    def _stored(self) -> dict[str, Any] | None:
        content = self._lists.get(self._name)
        return None if content is None else dict(json.loads(content))

    def _kept(self) -> list[list[str]]:
        """The lists that keep their files, newest first."""
        stored = self._stored()
        return [] if stored is None else [stored["files"], *stored.get("earlier", [])]

    def _clean_up(self, kept: list[list[str]]) -> None:
        from obstore.exceptions import BaseError

        workspace, listed = Objects(self._path), {file for files in kept for file in files}
        young = datetime.now(UTC) - SAFE
        try:
            for kind in sorted({file.partition("/")[0] for file in listed}):
                written = workspace.written(kind)
                workspace.delete([f for f, at in written.items() if f not in listed and at < young])
        except (OSError, BaseError) as error:  # the result is there all the same
            logger.warning("old files stay in %s: %s", self._path, error)

    def _exists(self) -> bool:
        return self._stored() is not None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "path": self._path, "keep": self._keep}
