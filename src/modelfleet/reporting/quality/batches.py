"""Where the rows of each batch went, as a flat table."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

__all__ = ["BATCH_SCHEMA", "list_batches"]

COUNTS = (
    "rows_in",
    "stored",
    "merged",
    "rejected",
    "duplicates",
    "late",
    "corrections",
    "missing_values",
    "moved_to_grid",
)

BATCH_SCHEMA = pl.Schema(
    {
        "number": pl.Int64(),
        "batch": pl.String(),
        **dict.fromkeys(COUNTS, pl.Int64()),
        "reasons": pl.String(),
    }
)


def list_batches(batches: pl.DataFrame) -> pl.DataFrame:
    """One row per batch in the order in which they were taken: :data:`BATCH_SCHEMA`.

    ``reasons`` says how many rows were rejected for which reason, such as ``off_grid 3``.

    Args:
        batches: ``number`` and ``account``, which is JSON.
    """
    accounts = batches.sort("number").select("number", "account").iter_rows()
    rows = [_row(number, json.loads(account)) for number, account in accounts]
    return pl.DataFrame(rows, schema=BATCH_SCHEMA)


def _row(number: int, account: Mapping[str, Any]) -> dict[str, Any]:
    rejected: Mapping[str, int] = account["rejected"]
    return {
        **{name: account.get(name, 0) for name in COUNTS},
        "number": number,
        "batch": account["batch"],
        "rejected": sum(rejected.values()),
        "reasons": ", ".join(f"{reason} {count}" for reason, count in rejected.items()),
    }
