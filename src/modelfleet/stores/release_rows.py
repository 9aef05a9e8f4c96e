"""One sensor's rows from many releases, without opening each of them whole.

Only the tables that are asked for are read; each is checked against the manifest, and the manifest
against the release's name.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.releases import Manifest, file_entry
from modelfleet.fleet.provenance import PROVENANCE
from modelfleet.stores.release_store import MANIFEST, ReleaseStore

__all__ = ["CheckedTables", "checked_table", "provenance_of", "rows_of_sensor"]

AT_ONCE = 4

Row = dict[str, Any]


@dataclass(frozen=True)
class CheckedTables:
    """The tables of a release, each checked when it is read; the others are not even opened.

    Attributes:
        store: of releases.
        rid: of the release.
    """

    store: ReleaseStore
    rid: str

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables, such as ``serves``."""
        return checked_table(self.store, self.rid, name)


def rows_of_sensor(
    store: ReleaseStore, sensor_id: str, *, tables: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Row]]:
    """What each release says of a sensor.

    Args:
        store: of releases.
        sensor_id: any text.
        tables: name of a table to the columns that are wanted; those that a release lacks are
            left out.

    Returns:
        release to table to row, those that know the sensor alone.

    Raises:
        ReleaseError: a table that was read is not the one that was released.
    """

    def rows(rid: str) -> dict[str, Row]:
        read = {name: _row(store, rid, name, sensor_id, columns) for name, columns in pairs}
        return {name: row for name, row in read.items() if row is not None}

    pairs = list(tables.items())
    rids = store.rids()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(rids, pool.map(rows, rids), strict=True))
    return {rid: row for rid, row in found.items() if row}


def checked_table(
    store: ReleaseStore, rid: str, name: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """One table of a release, checked against the release's name.

    Args:
        store: of releases.
        rid: of the release.
        name: such as ``serves``.
        columns: that are wanted, ``None`` for all.

    Raises:
        ReleaseError: it is missing, or not the one that was released.
    """
    stored = store.objects.get(f"{rid}/{MANIFEST}")
    if stored is None or hashlib.sha256(stored).hexdigest() != rid:
        raise ReleaseError(f"release {rid[:12]} cannot be trusted: its manifest was altered")
    path = f"{name}.parquet"
    content = store.objects.get(f"{rid}/{path}") or b""
    if file_entry(path, content) not in Manifest.model_validate_json(stored).files:
        raise ReleaseError(
            f"release {rid[:12]} cannot be trusted: altered {path!r}; publish it again from its "
            "run, or go back to the release before"
        )
    there = pl.read_parquet_schema(io.BytesIO(content))
    wanted = None if columns is None else [each for each in columns if each in there]
    return pl.read_parquet(io.BytesIO(content), columns=wanted)


def provenance_of(store: ReleaseStore, rid: str) -> dict[str, Any]:
    """What is known about the run that made a release; empty where nothing is."""
    found: dict[str, Any] = json.loads(store.objects.get(f"{rid}/{PROVENANCE}") or b"{}")
    return found


def _row(
    store: ReleaseStore, rid: str, name: str, sensor_id: str, columns: Sequence[str]
) -> Row | None:
    table = checked_table(store, rid, name, ["sensor_id", *columns])
    rows = table.filter(pl.col("sensor_id") == sensor_id).to_dicts()
    return rows[0] if rows else None
