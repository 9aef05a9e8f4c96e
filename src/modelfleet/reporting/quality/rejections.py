"""Why rows were rejected, with a few of them as they came."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

__all__ = ["RejectedReason", "RejectedRow", "list_rejections", "rejected_by_sensor"]


@dataclass(frozen=True)
class RejectedRow:
    """A raw row as it came, and where it stood; ``None`` where the source had nothing."""

    batch: str
    row: int
    sensor_id: str | None
    timestamp: str | None
    value: str | None


@dataclass(frozen=True)
class RejectedReason:
    """Rows that were rejected for one reason.

    Attributes:
        reason: the code.
        rows: of all batches.
        newest: of the newest batch.
        examples: the newest of them.
    """

    reason: str
    rows: int
    newest: int
    examples: tuple[RejectedRow, ...]


def list_rejections(
    rejected: pl.DataFrame, total: Mapping[str, int], batches: pl.DataFrame, *, examples: int
) -> tuple[RejectedReason, ...]:
    """Rejected rows by reason, the most frequent first.

    Args:
        rejected: raw rows with ``batch``, ``row``, ``sensor_id``, ``timestamp``, ``value`` and
            ``reason``.
        total: rows of all batches by reason.
        batches: ``number``, ``batch`` and ``account``, which is JSON.
        examples: rows that are shown of each reason.
    """
    last = batches.sort("number")["account"].tail(1).to_list()
    newest: Mapping[str, int] = json.loads(last[0])["rejected"] if last else {}
    rows: dict[str, list[RejectedRow]] = {}
    for reason, *row in _newest_rows(rejected, batches, examples).iter_rows():
        rows.setdefault(reason, []).append(RejectedRow(*row))
    reasons = sorted(total, key=lambda reason: (-total[reason], reason))
    return tuple(
        RejectedReason(reason, total[reason], newest.get(reason, 0), tuple(rows.get(reason, ())))
        for reason in reasons
    )


def _newest_rows(rejected: pl.DataFrame, batches: pl.DataFrame, count: int) -> pl.DataFrame:
    """The first rows of each reason in the newest batch that has any."""
    number = batches.group_by("batch").agg(pl.col("number").max())
    return (
        rejected.join(number, on="batch", how="left")
        .sort("number", "row", "sensor_id", descending=[True, False, False], nulls_last=True)
        .filter(pl.int_range(pl.len()).over("reason") < count)
        .select("reason", "batch", "row", "sensor_id", "timestamp", "value")
    )


def rejected_by_sensor(rejected: pl.DataFrame) -> pl.DataFrame:
    """``sensor_id`` and ``rejected_for``: reasons with their counts, the most frequent first."""
    counts = rejected.group_by("sensor_id", "reason").len()
    ordered = counts.sort("sensor_id", "len", "reason", descending=[False, True, False])
    said = pl.concat_str("reason", pl.lit(" "), "len")
    return ordered.group_by("sensor_id", maintain_order=True).agg(said.alias("rejected_for"))
