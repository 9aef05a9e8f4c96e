"""What flows through the catalog, and the only two doors to storage that a worker has."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import polars as pl

from modelfleet.domain.lineage import digest_of

__all__ = ["ReadingsSource", "ShardedFrame", "Workspace", "file_name", "shard_of_file"]


class ReadingsSource(Protocol):
    """Stored readings of a fleet. Picklable: workers read their shard themselves."""

    def shards(self) -> Mapping[int, str]:
        """Shards with readings, and the digest of what each holds."""
        ...

    def read(self, shard: int, *, only: Collection[str] | None = None) -> pl.DataFrame:
        """Readings of a shard: ``sensor_id``, ``timestamp`` (UTC), ``value``, sorted by both.

        Args:
            shard: which one.
            only: the sensors that are asked for; all of the shard where ``None``.
        """
        ...

    def scan(self) -> pl.LazyFrame:
        """All readings, unsorted, with their ``shard``."""
        ...

    def news(self) -> pl.LazyFrame:
        """Readings, unsorted, that are in no version that was saved before; at most all of them."""
        ...

    def spans(self) -> pl.DataFrame:
        """Every sensor with a reading: :data:`~modelfleet.fleet.spans.SPANS_SCHEMA`."""
        ...

    def identity(self) -> Mapping[str, str | int]:
        """Which table, and which version of it."""
        ...


class Workspace(Protocol):
    """Where workers leave results: each file is whole or absent, and never changes. Picklable."""

    @property
    def root(self) -> str:
        """Where the files lie."""
        ...

    def find(self, files: Collection[str]) -> set[str]:
        """Which of these files are there."""
        ...

    def put(self, file: str, frame: pl.DataFrame) -> None:
        """Store a result, in place of one that may be there: it is the same."""
        ...

    def read(self, file: str) -> pl.DataFrame | None:
        """Read a result back; ``None`` where it is not there."""
        ...

    def remove(self, files: Collection[str]) -> None:
        """Remove what is not needed any more; what is not there need not be."""
        ...


@dataclass(frozen=True)
class ShardedFrame:
    """A table in one Parquet file per shard, named after what went into it.

    Attributes:
        root: where the files lie.
        digest: of all that went into the table.
        files: relative to the root, sorted by shard.
        rows: of all files together.
    """

    root: str
    digest: str
    files: tuple[str, ...]
    rows: int

    @classmethod
    def of(cls, root: str, files: Mapping[int, str], rows: int) -> Self:
        """Gather the files of a table, given by shard."""
        ordered = tuple(files[shard] for shard in sorted(files))
        return cls(root, digest_of(*ordered), ordered, rows)

    def scan(self) -> pl.LazyFrame:
        """The whole table, shard after shard."""
        return pl.scan_parquet([f"{self.root}/{file}" for file in self.files], glob=False)

    def collect(self, *, without: Collection[str] = ()) -> pl.DataFrame:
        """The whole table in memory, but for some columns: those that are long and not needed."""
        return self.scan().drop(without).collect()

    def read(self, shard: int) -> pl.DataFrame | None:
        """The part of one shard, or ``None`` where it has none."""
        file = self.file_of(shard)
        return None if file is None else pl.read_parquet(f"{self.root}/{file}", glob=False)

    def file_of(self, shard: int) -> str | None:
        """The file of one shard, relative to the root."""
        return next((file for file in self.files if shard_of_file(file) == shard), None)


def file_name(kind: str, shard: int, fingerprint: str) -> str:
    """The file of a result, relative to the root of a workspace."""
    return f"{kind}/{shard:04d}-{fingerprint[:32]}.parquet"


def shard_of_file(file: str) -> int:
    """The shard that a file's name tells."""
    return int(file.rpartition("/")[2].partition("-")[0])
