"""Whom an event concerns: the sensors that equal it in every column of the scope that it fills."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

__all__ = ["BY_NAME", "concerned", "scope_columns"]

BY_NAME = ("sensor_id", "cohort")
"""Columns of the sensors by which an event may always concern them."""


def scope_columns(columns: Iterable[str], scope: Sequence[str]) -> tuple[str, ...]:
    """The columns of a table of events that say whom each concerns.

    Args:
        columns: of the table of events.
        scope: metadata columns of the configuration, ``ingestion.events.scope``.

    >>> scope_columns(["event_id", "kind", "cohort", "district"], ["district"])
    ('cohort', 'district')
    """
    there = set(columns)
    return tuple(dict.fromkeys(name for name in (*BY_NAME, *scope) if name in there))


def concerned(
    event: Mapping[str, Any], sensors: pl.DataFrame, *, columns: Sequence[str]
) -> pl.DataFrame:
    """The sensors that an event concerns; one that fills no column concerns all of them.

    Args:
        event: a row of the table of events.
        sensors: with the columns of the scope.
        columns: from :func:`scope_columns`.
    """
    filled = [name for name in columns if event.get(name) is not None]
    return sensors.filter(*(pl.col(name).cast(pl.String) == event[name] for name in filled))
