"""CSV and Parquet files as a raw source: one file, a folder, or a prefix of a bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Literal

import polars as pl

from modelfleet.domain.errors import ConfigurationError, DataError, listing
from modelfleet.domain.lineage import digest_of
from modelfleet.fleet.ingest.batches import Batch
from modelfleet.stores.describe import absolute
from modelfleet.stores.raw.access import S3Access
from modelfleet.stores.raw.places import Entry, Place, place_of
from modelfleet.stores.raw.source import RawSourceDataset

__all__ = ["RawFiles", "RawFilesDataset"]

FORMATS = ("csv", "parquet")


@dataclass(frozen=True)
class RawFiles:
    """A :class:`~modelfleet.fleet.ingest.batches.RawSource` with one batch per file.

    Attributes:
        filepath: a file, a folder or an ``s3://`` URL.
        file_format: ``csv`` or ``parquet``.
        place: lists and opens the files.
        load_args: for ``polars.scan_csv`` or ``polars.scan_parquet``.
        expected: names or patterns of files that must be there and hold rows.
    """

    filepath: str
    file_format: str
    place: Place
    load_args: Mapping[str, Any] = field(default_factory=dict)
    expected: tuple[str, ...] = ()

    def batches(self) -> list[Batch]:
        """One batch per file, sorted by name; the content is not read.

        Raises:
            DataError: there is no file, an expected one is missing, or one has no bytes.
        """
        entries = self.place.entries(f".{self.file_format}")
        self._require(entries)
        rereads = self.file_format == "parquet" and "://" not in self.filepath
        return [
            Batch(e.name, digest_of(e.name, str(e.size), e.stamp), partial(self.read, e), rereads)
            for e in entries
        ]

    def read(self, entry: Entry) -> pl.LazyFrame:
        """Open a file; its header or footer is read and checked, its rows are not.

        Raises:
            DataError: it is gone, was changed, is corrupt, or is expected and has no rows.
            ConfigurationError: ``load_args`` names an option that does not exist.
        """
        self._require_unchanged(entry)
        try:
            frame = self._scan(entry)
            look = frame.clone()  # a plan that was asked for its schema is optimised less
            look.collect_schema()
            empty = self._is_expected(entry) and look.head(1).collect().is_empty()
        except TypeError as error:
            raise ConfigurationError(
                f"load_args of {self.filepath} do not fit polars.scan_{self.file_format}: {error}"
            ) from error
        # A damaged footer can make the reader panic, which is no Exception.
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise DataError(
                f"{entry.url} ({entry.size} bytes) cannot be read as {self.file_format}, it is "
                f"truncated, corrupt or of another kind: {self.place.explain(error)}; "
                "deliver the file again, or remove it"
            ) from None
        if empty:
            raise DataError(
                f"{entry.url} is expected and has no rows; deliver it again, or take it out of "
                "`expected` in the catalog"
            )
        return frame

    def _scan(self, entry: Entry) -> pl.LazyFrame:
        # A file may be called readings[1].csv: names are no patterns.
        options: dict[str, Any] = {"glob": False, "storage_options": self.place.options() or None}
        if self.file_format == "parquet":
            return pl.scan_parquet(entry.url, **{**options, **self.load_args})
        # Everything as text, so that ingestion parses it strictly and rejects row by row.
        return pl.scan_csv(entry.url, **{"infer_schema": False, **options, **self.load_args})

    def _require(self, entries: list[Entry]) -> None:
        if not entries:
            raise DataError(
                f"there are no .{self.file_format} files at {self.filepath}; correct filepath or "
                "file_format in the catalog, or deliver the files"
            )
        missing = [
            pattern
            for pattern in self.expected
            if not any(fnmatchcase(entry.name, pattern) for entry in entries)
        ]
        if missing:
            raise DataError(
                f"expected files are missing at {self.filepath}: {listing(missing)}; deliver them, "
                "or take them out of `expected` in the catalog"
            )
        empty = [entry.name for entry in entries if entry.size == 0]
        if empty:
            raise DataError(
                f"files at {self.filepath} are empty (0 bytes): {listing(empty)}; a delivery may "
                "have broken off: deliver them again, or remove them"
            )

    def _require_unchanged(self, entry: Entry) -> None:
        now = self.place.again(entry)
        if now is None:
            raise DataError(
                f"{entry.url} was listed and is gone; something removed it during the run: "
                "put it back, or run again without it"
            )
        if now != entry:
            raise DataError(
                f"{entry.url} changed since it was listed (from {entry.size} to {now.size} bytes); "
                "it is still being written: wait, and run again"
            )

    def _is_expected(self, entry: Entry) -> bool:
        alone = self.filepath.rstrip("/").endswith(f"/{entry.name}")
        return alone or any(fnmatchcase(entry.name, pattern) for pattern in self.expected)


class RawFilesDataset(RawSourceDataset):
    """Raw rows in files.

    Args:
        filepath: one file; a folder, of which all files with the ending are read, in subfolders
            too, sorted by name; or an ``s3://bucket/prefix``. Names that begin with ``.``, ``_``
            or ``~`` are left out.
        file_format: ``csv`` or ``parquet``; also the ending, in lower or upper case.
        load_args: options of ``polars.scan_csv`` or ``polars.scan_parquet``. CSV is read as text
            unless ``infer_schema`` is set; types are named, such as ``{value: Float64}``.
        expected: names or patterns, relative to the folder, of files that must be there and hold
            rows. A single file is always expected.
        credentials: for S3: ``endpoint``, ``key``, ``secret``, ``region``, ``allow_http``.
        metadata: layer and description for Kedro-Viz.

    Raises:
        ConfigurationError: the format or the place is of an unknown kind.
    """

    def __init__(
        self,
        *,
        filepath: str,
        file_format: Literal["csv", "parquet"],
        load_args: dict[str, Any] | None = None,
        expected: Sequence[str] | None = None,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if file_format not in FORMATS:
            raise ConfigurationError(
                f"file_format {file_format!r} is unknown; it is one of {listing(FORMATS)}"
            )
        if "://" in filepath and not filepath.startswith("s3://"):
            raise ConfigurationError(
                f"filepath {filepath!r} is neither a path nor an s3:// URL; no other store is read"
            )
        self._filepath = absolute(filepath)
        self._format = file_format
        self._load_args = _with_types(load_args or {})
        self._expected = tuple(expected or ())
        self._access = S3Access.of(credentials)
        self.metadata = metadata

    def load(self) -> RawFiles:
        """The source; nothing is listed yet."""
        place = place_of(self._filepath, self._access)
        return RawFiles(self._filepath, self._format, place, self._load_args, self._expected)

    def _exists(self) -> bool:
        return bool(place_of(self._filepath, self._access).entries(f".{self._format}"))

    def _describe(self) -> dict[str, Any]:
        return {
            "filepath": self._filepath,
            "file_format": self._format,
            "load_args": self._load_args,
            "expected": list(self._expected),
        }


def _with_types(load_args: Mapping[str, Any]) -> dict[str, Any]:
    """Options in which the names of types, which is all that YAML can write, are types."""
    typed = dict(load_args)
    for option in ("schema", "schema_overrides"):
        if isinstance(typed.get(option), Mapping):
            typed[option] = {name: _type_of(kind) for name, kind in typed[option].items()}
    return typed


def _type_of(kind: Any) -> Any:
    if not isinstance(kind, str):
        return kind
    found = getattr(pl, kind, None)
    if not (isinstance(found, type) and issubclass(found, pl.DataType)):
        raise ConfigurationError(f"{kind!r} is no type of Polars; write Float64, String or Int64")
    return found
