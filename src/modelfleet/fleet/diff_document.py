"""The difference of two releases as JSON can hold it: what ``--json`` prints and pages show."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from modelfleet.fleet.release_diff import ReleaseDiff

__all__ = ["SENSOR_COLUMNS", "diff_document"]

BESIDE = ("outcome", "serves", "version", "recipe", "error", "skill", "cost")
SENSOR_COLUMNS = (
    "sensor_id",
    "cohort",
    "unit",
    "change",
    "error_change",
    "same_weeks",
    *(f"{name}{suffix}" for name in BESIDE for suffix in ("_before", "")),
    "reasons",
    "sentence",
)


def diff_document(
    diff: ReleaseDiff,
    *,
    after: str,
    before: Mapping[str, str],
    holds: Sequence[Mapping[str, Any]] = (),
    limit: int | None = None,
) -> dict[str, Any]:
    """Everything that a person sees, and more.

    Args:
        diff: of two releases.
        after: name of the release that comes.
        before: cohort to the release that serves it now, or that it is compared with.
        holds: reasons for which the release waits: ``code``, ``sentence``.
        limit: how many of the changes are listed; ``None`` lists all.

    Returns:
        ``schema``, ``release``, ``before``, ``holds``, ``total``, ``cohorts``, ``changes`` (the
        worst first) and ``changes_listed``.
    """
    worst = diff.worst.select(SENSOR_COLUMNS)
    listed = worst if limit is None else worst.head(limit)
    return {
        "schema": 1,
        "release": after,
        "before": dict(sorted(before.items())),
        "holds": [dict(each) for each in holds],
        "total": _finite(diff.total).to_dicts()[0],
        "cohorts": _finite(diff.cohorts).to_dicts(),
        "changes_listed": listed.height,
        "changes": _finite(listed).to_dicts(),
    }


def _finite(table: pl.DataFrame) -> pl.DataFrame:
    """JSON knows no NaN and no infinity."""
    floats = pl.col(pl.Float64)
    return table.with_columns(pl.when(floats.is_finite()).then(floats))
