"""Keeps the spans of a version of the readings beside the table, so that a later one asks less.

What a version holds never changes, so what is kept is true for ever; without it, as in tables that
were made before, all of history is read. No commit takes a row away: corrections put a value in the
place of another, and joining moves rows. So what is new lies in files that were not there before.
"""

import functools
import io
from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from modelfleet.fleet.spans import SPANS_SCHEMA
from modelfleet.stores.delta import open_table
from modelfleet.stores.objects import Objects

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["files_since", "keep_spans", "known_spans", "spans_known", "tell_spans", "told_spans"]

FOLDER = "_spans"
"""Within the folder of the table; who reads or cleans Delta tables passes over such names."""


def known_spans(path: str, table_id: str, version: int) -> tuple[int, pl.DataFrame] | None:
    """The newest version up to ``version`` whose spans are kept, with them; ``None`` without."""
    places = Objects(path)
    known = [found for name in places.names(FOLDER) if (found := _version(name, table_id)) >= 0]
    newest = max((each for each in known if each <= version), default=None)
    content = None if newest is None else places.get(_name(newest, table_id))
    if newest is None or content is None:
        return None
    return newest, pl.read_parquet(io.BytesIO(content)).cast(SPANS_SCHEMA)


def tell_spans(path: str, table_id: str, version: int, spans: pl.DataFrame) -> None:
    """Say within this process what the spans of a version are, without keeping them.

    Who writes a version knows them, but what is kept counts as checked.
    """
    _told.clear()
    _told[path, table_id, version] = spans


def told_spans(path: str, table_id: str, version: int) -> pl.DataFrame | None:
    """What :func:`tell_spans` was told of a version."""
    return _told.get((path, table_id, version))


def spans_known(path: str, table_id: str, version: int) -> pl.DataFrame | None:
    """Spans of a version, where they were told or are kept; nothing else is read."""
    told = told_spans(path, table_id, version)
    kept = known_spans(path, table_id, version) if told is None else None
    return kept[1] if kept is not None and kept[0] == version else told


_told: dict[tuple[str, str, int], pl.DataFrame] = {}
"""Of the newest version that this process wrote."""


def keep_spans(path: str, table_id: str, version: int, spans: pl.DataFrame) -> None:
    """Keep the spans of a version, and forget those of the ones before."""
    places, content = Objects(path), io.BytesIO()
    before = places.names(FOLDER)
    spans.write_parquet(content)
    places.put(_name(version, table_id), content.getvalue())
    places.delete([name for name in before if _version(name, table_id) < version])


@functools.lru_cache(maxsize=2)
def files_since(
    path: str,
    table_id: str,  # noqa: ARG001  part of the key: another table may take the place of this one
    version: int,
    since: int,
) -> tuple[str, ...] | None:
    """Files of a version that an older one did not have, relative to the table.

    Returns:
        ``None`` where rows were taken away, which none of our commits does.
    """
    now, before = open_table(path, version=version), open_table(path, version=since)
    if now is None or before is None:
        return None
    rows, known = _files(now), _files(before)
    if sum(rows.values()) < sum(known.values()):
        return None
    return tuple(sorted(rows.keys() - known.keys()))


def _files(table: "DeltaTable") -> dict[str, int]:
    """Files of a table and the rows of each."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    return {unquote(name): rows for name, rows in actions.select("path", "num_records").iter_rows()}


def _name(version: int, table_id: str) -> str:
    return f"{FOLDER}/{version:020d}-{table_id}.parquet"


def _version(name: str, table_id: str) -> int:
    """The version that a name tells, or -1 where it is of another table."""
    version, _, rest = name.rpartition("/")[2].partition("-")
    return int(version) if rest == f"{table_id}.parquet" and version.isdecimal() else -1
