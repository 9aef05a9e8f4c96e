"""The calendar as people read it: one row per event, whom it concerns and for how long."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from modelfleet.fleet.event_overlap import excluded_by
from modelfleet.fleet.event_scope import BY_NAME, concerned, scope_columns

__all__ = ["event_rows", "models_of_period", "told_scope"]

Row = dict[str, Any]

HOUR = timedelta(hours=1)
NAMED = 3


def event_rows(
    events: pl.DataFrame, sensors: pl.DataFrame, *, scope: Sequence[str], kinds: Sequence[str]
) -> list[Row]:
    """One row per event, the most recent first.

    Args:
        events: from :func:`~modelfleet.fleet.ingest.read_events`.
        sensors: with ``sensor_id`` and the scope columns.
        scope: metadata columns by which events concern sensors.
        kinds: kinds of events that are left out.

    Returns:
        of each ``event_id``, ``kind``, ``start``, ``end``, ``hours`` (of the period), ``concerns``
        (in words), ``sensors`` (sorted ids), ``excluded``, ``excluded_by``, ``source``, ``note``
        and ``by``.
    """
    columns = scope_columns(events.columns, scope)
    grouped: dict[Any, list[Row]] = {}
    for number, event in enumerate(events.iter_rows(named=True)):
        several = event["source"], event["event_id"], event["start"], event["end"]
        grouped.setdefault(several if event["event_id"] else number, []).append(event)
    rows = [_row(group, sensors, columns, kinds) for group in grouped.values()]
    return sorted(rows, key=lambda row: (row["start"], str(row["event_id"])), reverse=True)


def _row(
    group: Sequence[Mapping[str, Any]],
    sensors: pl.DataFrame,
    columns: Sequence[str],
    kinds: Sequence[str],
) -> Row:
    event, by = group[0], excluded_by(group[0], kinds)
    found = {i for each in group for i in concerned(each, sensors, columns=columns)["sensor_id"]}
    scope = {name: sorted({e[name] for e in group if e[name] is not None}) for name in columns}
    return {
        **{name: event[name] for name in ("event_id", "kind", "start", "end")},
        "hours": (event["end"] - event["start"]) / HOUR,
        "concerns": told_scope(scope),
        "sensors": sorted(found),
        "excluded": by is not None,
        "excluded_by": by,
        **{name: event[name] for name in ("source", "note", "by")},
    }


def told_scope(scope: Mapping[str, Sequence[str]]) -> str:
    """Whom an event concerns, in words.

    Args:
        scope: column to the values that it names.

    >>> told_scope({"sensor_id": ["a", "b", "c", "d"], "cohort": [], "district": ["A"]})
    'sensor a, b, c and 1 more, district A'
    """
    return ", ".join(_told(scope)) or "the whole fleet"


def _told(scope: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for column, values in scope.items():
        if values:
            name = "sensor" if column == BY_NAME[0] else column
            more = f" and {len(values) - NAMED} more" if len(values) > NAMED else ""
            yield f"{name} {', '.join(values[:NAMED])}{more}"


def models_of_period(
    models: pl.DataFrame, sensors: Sequence[str], *, start: datetime, end: datetime
) -> list[str]:
    """Sensors whose models learned from a period, sorted.

    Args:
        models: ``sensor_id``, ``trained_from``, ``trained_to`` (the last step).
        sensors: that the period concerns.
        start: its first moment.
        end: the moment after its last.
    """
    learned = models.filter(
        pl.col("sensor_id").is_in(list(sensors)),
        pl.col("trained_from") < end,
        pl.col("trained_to") >= start,
    )
    return sorted(learned["sensor_id"])
