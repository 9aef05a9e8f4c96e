"""Opening Delta tables, and what is kept with their commits."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import polars as pl

from modelfleet.stores.objects import Objects

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["RETENTION", "commit_value", "open_table", "scan_table", "value_of_version"]

RETENTION: Mapping[str, str] = {
    "delta.logRetentionDuration": "interval 3650 days",
    "delta.deletedFileRetentionDuration": "interval 3650 days",
}
"""Old versions stay readable for ten years: "what was it trained on" must have an answer."""

HISTORY = 20
"""Commits that are searched for a value; maintenance commits carry none of ours."""


def open_table(path: str, *, version: int | None = None) -> "DeltaTable | None":
    """Open a Delta table, or ``None`` where there is none."""
    from deltalake import DeltaTable  # loads Arrow

    if "://" not in path and not Path(path, "_delta_log").is_dir():
        return None
    return DeltaTable(path, version=version) if DeltaTable.is_deltatable(path) else None


def commit_value(table: "DeltaTable | None", key: str) -> str | None:
    """What the newest commit that knows ``key`` says.

    The history of a table is always that of its newest version, also where an older one was opened:
    for that there is :func:`value_of_version`.
    """
    if table is None:
        return None
    return next((c[key] for c in table.history(HISTORY) if key in c), None)


def value_of_version(path: str, version: int, key: str) -> str | None:
    """What the newest commit up to a version says that knows ``key``.

    Args:
        path: of the table.
        version: whatever was committed since.
        key: kept with commits.
    """
    log = Objects(f"{path}/_delta_log")
    for number in range(version, max(version - HISTORY, -1), -1):
        for line in (log.get(f"{number:020}.json") or b"").splitlines():
            if key in (commit := json.loads(line).get("commitInfo", {})):
                return str(commit[key])
    return None


def scan_table(path: str, *, version: int | None = None) -> pl.LazyFrame:
    """Scan a Delta table.

    ``pl.scan_delta`` asks for files under their escaped names and so finds none where the path of a
    local table holds a space or the like; there Arrow reads the table.
    """
    if "://" in path or quote(path) == path:
        return pl.scan_delta(path, version=version)
    from deltalake import DeltaTable  # loads Arrow

    return pl.scan_pyarrow_dataset(DeltaTable(path, version=version).to_pyarrow_dataset())
