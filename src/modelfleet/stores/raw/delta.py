"""A Delta table that somebody else keeps, as a raw source."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from modelfleet.domain.errors import DataError, listing
from modelfleet.domain.lineage import digest_of
from modelfleet.fleet.ingest.batches import Batch
from modelfleet.stores.describe import absolute
from modelfleet.stores.raw.access import S3Access
from modelfleet.stores.raw.source import RawSourceDataset

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["RawDelta", "RawDeltaDataset"]


@dataclass(frozen=True)
class RawDelta:
    """A :class:`~modelfleet.fleet.ingest.batches.RawSource` with one batch: a version of a table.

    Attributes:
        filepath: folder or ``s3://`` URL of the table.
        access: to the bucket.
        version: to read; the newest where ``None``.
    """

    filepath: str
    access: S3Access
    version: int | None = None

    def batches(self) -> list[Batch]:
        """One batch, pinned to the version of now.

        Raises:
            DataError: there is no table, it has no such version, or it cannot be reached.
        """
        table = self.open(self.version)
        if table is None:
            raise DataError(
                f"there is no Delta table at {self.filepath}; correct filepath in the catalog, or "
                "read plain Parquet files with RawFilesDataset"
            )
        version = table.version()
        name = f"{self.filepath.rstrip('/').rsplit('/', 1)[-1]}@{version}"
        identity = digest_of("delta", str(table.metadata().id), str(version))
        rereads = "://" not in self.filepath
        return [Batch(name, identity, partial(self.read, version), rereads)]

    def read(self, version: int) -> pl.LazyFrame:
        """Open a version; its log is read, its rows are not.

        Raises:
            DataError: a file of this version is gone, or needs a newer reader.
        """
        table = self.open(version)
        if table is None:
            raise DataError(f"the Delta table at {self.filepath} is gone; put it back")
        self._require_files(table)
        try:
            frame = pl.scan_delta(
                self.filepath, version=version, storage_options=self.access.options() or None
            )
            frame.collect_schema()
        except Exception as error:  # noqa: BLE001  Delta readers raise what they like
            raise self._unreadable(error, version) from None
        return frame

    def open(self, version: int | None) -> "DeltaTable | None":
        """The table, or ``None`` where there is none.

        Raises:
            DataError: it cannot be opened.
        """
        from deltalake import DeltaTable  # loads Arrow

        options = self.access.options()
        if "://" not in self.filepath and not Path(self.filepath, "_delta_log").is_dir():
            return None
        try:
            if not DeltaTable.is_deltatable(self.filepath, storage_options=options):
                return None
            return DeltaTable(self.filepath, version=version, storage_options=options)
        except Exception as error:  # noqa: BLE001  a wrong key is an OSError, a lost log a DeltaError
            raise self._unreadable(error, version) from None

    def _require_files(self, table: "DeltaTable") -> None:
        if "://" in self.filepath:
            return
        absent = [Path(uri).name for uri in table.file_uris() if not Path(uri).is_file()]
        if not absent:
            return
        gone = set(absent) - {file.name for file in Path(self.filepath).rglob("*.parquet")}
        if not gone:
            # The log's reader escapes the folder's own name, and looks for what is not there.
            raise DataError(
                f"the Delta table at {self.filepath} cannot be opened: its path holds a space, a % "
                "or another character that Delta writes in escapes; move it to a plain path"
            )
        raise DataError(
            f"version {table.version()} of the Delta table at {self.filepath} has lost "
            f"{len(gone)} of its files: {listing(sorted(gone))}; they were vacuumed or deleted: "
            "take a newer version, or restore them"
        )

    def _unreadable(self, error: BaseException, version: int | None) -> DataError:
        which = "the newest version" if version is None else f"version {version}"
        said = self.access.mask(error).strip().splitlines() or [type(error).__name__]
        return DataError(
            f"{which} of the Delta table at {self.filepath} cannot be read: {said[0]}; "
            "correct filepath, version or credentials, or restore the table"
        )


class RawDeltaDataset(RawSourceDataset):
    """Raw rows in a Delta table.

    Args:
        filepath: folder of the table, or an ``s3://`` URL.
        version: to read; the newest where not given.
        credentials: for S3: ``endpoint``, ``key``, ``secret``, ``region``, ``allow_http``.
        metadata: layer and description for Kedro-Viz.
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: int | None = None,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._source = RawDelta(absolute(filepath), S3Access.of(credentials), version)
        self.metadata = metadata

    def load(self) -> RawDelta:
        """The source; nothing is opened yet."""
        return self._source

    def _exists(self) -> bool:
        return self._source.open(None) is not None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._source.filepath, "version": self._source.version}
