"""The readings of a fleet: a Delta table partitioned by shard."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from kedro.io import DatasetError

from modelfleet.domain.lineage import canonical_json
from modelfleet.stores.delta import commit_value, open_table, replace_table
from modelfleet.stores.describe import DescribedDataset
from modelfleet.stores.frames import TablePreview

__all__ = ["DeltaReadings", "ReadingsDataset", "shard_digests"]

logger = logging.getLogger(__name__)

DIGESTS = "shard_digests"


@dataclass(frozen=True)
class DeltaReadings:
    """One version of a table of readings: a :class:`~modelfleet.fleet.sharded.ReadingsSource`.

    Attributes:
        path: of the Delta table.
        table_id: of the Delta table.
        version: of the Delta table; what is read does not change any more.
        digests: shard to digest of its content.
    """

    path: str
    table_id: str
    version: int
    digests: Mapping[int, str]

    def shards(self) -> Mapping[int, str]:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        return self.digests

    def read(self, shard: int) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        part = self.scan().filter(pl.col("shard") == shard)
        # Delta promises no order: compaction may change it.
        return (
            part.select("sensor_id", "timestamp", "value").collect().sort("sensor_id", "timestamp")
        )

    def scan(self) -> pl.LazyFrame:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        return pl.scan_delta(self.path, version=self.version)

    def identity(self) -> Mapping[str, str | int]:
        """See :class:`~modelfleet.fleet.sharded.ReadingsSource`."""
        return {"table_id": self.table_id, "version": self.version}


class ReadingsDataset(DescribedDataset[pl.DataFrame, DeltaReadings]):
    """Saves the fleet's readings, loads a handle that reads them shard by shard.

    A save that changes nothing makes no new version.
    """

    def load(self) -> DeltaReadings:
        """Open the current version."""
        table = open_table(self._filepath)
        digests = commit_value(table, DIGESTS)
        if table is None or digests is None:
            raise DatasetError(
                f"there are no readings at {self._filepath}; "
                "run `kedro run --pipelines ingestion` first"
            )
        by_shard = {int(shard): digest for shard, digest in json.loads(digests).items()}
        return DeltaReadings(self._filepath, str(table.metadata().id), table.version(), by_shard)

    def save(self, data: pl.DataFrame) -> None:
        """Replace the readings in one commit, unless they are the same."""
        digests = {str(shard): digest for shard, digest in shard_digests(data).items()}
        text = canonical_json(digests)
        if commit_value(open_table(self._filepath), DIGESTS) == text:
            logger.info("readings: nothing changed, no new version")
            return
        replace_table(self._filepath, data, values={DIGESTS: text}, partition_by=["shard"])

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows of the first shard, for Kedro-Viz."""
        readings = self.load()
        head = readings.read(min(readings.shards())).head(nrows)
        text = head.with_columns(pl.all().cast(pl.String))
        return TablePreview(text.to_pandas().to_dict(orient="split"))

    def _exists(self) -> bool:
        return open_table(self._filepath) is not None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "format": "delta", "partition_by": "shard"}


def shard_digests(readings: pl.DataFrame) -> dict[int, str]:
    """Digest of each shard's readings, by content and whatever order they come in.

    Args:
        readings: ``shard``, ``sensor_id``, ``timestamp``, ``value``.
    """
    ordered = readings.sort("shard", "sensor_id", "timestamp")
    return {
        int(shard): _digest(part)
        for (shard,), part in ordered.group_by("shard", maintain_order=True)
    }


def _digest(part: pl.DataFrame) -> str:
    runs = part["sensor_id"].rle().struct.unnest()
    digest = hashlib.sha256()
    for sensor_id, length in zip(runs["value"], runs["len"], strict=True):
        digest.update(f"{len(sensor_id)}:{sensor_id}:{length};".encode())
    digest.update(part["timestamp"].dt.epoch("us").to_numpy().astype("<i8").tobytes())
    values = part["value"].fill_null(float("nan")).to_numpy() + 0.0
    digest.update(np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes())
    return digest.hexdigest()
