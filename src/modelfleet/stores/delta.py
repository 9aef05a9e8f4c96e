"""Delta tables written in one atomic commit, and only if their content changed."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["RETENTION", "commit_value", "open_table", "replace_table"]

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
    """What the newest commit that knows ``key`` says."""
    if table is None:
        return None
    return next((c[key] for c in table.history(HISTORY) if key in c), None)


def replace_table(
    path: str, frame: pl.DataFrame, *, values: Mapping[str, str], partition_by: list[str]
) -> None:
    """Replace a table's content in one commit; readers see the old or the new version.

    Args:
        path: where the table lies; made if absent.
        frame: the new content.
        values: kept with the commit, see :func:`commit_value`.
        partition_by: columns that split the table into folders.
    """
    from deltalake import CommitProperties  # loads Arrow

    options: dict[str, Any] = {
        "commit_properties": CommitProperties(custom_metadata=dict(values)),
        "configuration": dict(RETENTION),
        "schema_mode": "overwrite",
    }
    if partition_by:
        options["partition_by"] = partition_by
    frame.write_delta(path, mode="overwrite", delta_write_options=options)
