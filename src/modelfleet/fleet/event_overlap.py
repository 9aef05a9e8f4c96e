"""Events that overlap a period of one sensor, such as what its model learned from."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from modelfleet.fleet.event_scope import concerned, scope_columns

__all__ = ["BY_ENTRY", "BY_KIND", "NEVER", "excluded_by", "overlapping_events"]

BY_ENTRY, BY_KIND, NEVER = "entry", "kind", "never"
"""What a table of events says in ``excluded``: left out because the entry says so, if its kind is
left out, or never."""

HOUR = timedelta(hours=1)


def excluded_by(event: Mapping[str, Any], kinds: Sequence[str]) -> str | None:
    """What leaves an event out of learning: its own entry, its kind, or ``None``: nothing does.

    What the entry itself says goes before its kind.

    >>> excluded_by({"kind": "burst", "excluded": "kind"}, ["burst"])
    'kind'
    >>> excluded_by({"kind": "burst", "excluded": "never"}, ["burst"]) is None
    True
    """
    own = event.get("excluded") or BY_KIND
    if own == BY_KIND:
        return BY_KIND if event["kind"] in kinds else None
    return BY_ENTRY if own == BY_ENTRY else None


def overlapping_events(
    events: pl.DataFrame,
    sensors: pl.DataFrame,
    *,
    sensor_id: str,
    start: datetime,
    stop: datetime,
    scope: Sequence[str],
    excluded_kinds: Sequence[str],
) -> list[dict[str, Any]]:
    """The events that concern a sensor and overlap a period, the most recent first.

    Args:
        events: ``event_id``, ``kind``, ``start``, ``end`` (UTC, half-open), ``note``, the columns
            of the scope and, where entries of the calendar speak for themselves, ``excluded``.
        sensors: ``sensor_id`` and the columns of the scope.
        sensor_id: of the sensor; one that is not among ``sensors`` is concerned by nothing.
        start: first moment of the period, with a time zone.
        stop: the moment after its last, with a time zone.
        scope: metadata columns by which events concern sensors, ``ingestion.events.scope``.
        excluded_kinds: kinds that are left out of learning, ``backtest.exclude_events``.

    Returns:
        of each ``event_id``, ``kind``, ``start``, ``end``, ``note``, ``hours`` (those of the
        overlap), ``excluded`` and ``excluded_by`` (``entry``, ``kind`` or ``None``).
    """
    mine = sensors.filter(pl.col("sensor_id") == sensor_id)
    columns = scope_columns(events.columns, scope)
    lately = events.filter(pl.col("start") < stop, pl.col("end") > start)
    return [
        _overlap(event, start, stop, excluded_by(event, excluded_kinds))
        for event in lately.sort("start", "event_id", descending=True).iter_rows(named=True)
        if concerned(event, mine, columns=columns).height
    ]


def _overlap(
    event: Mapping[str, Any], start: datetime, stop: datetime, by: str | None
) -> dict[str, Any]:
    told = {name: event[name] for name in ("event_id", "kind", "start", "end", "note")}
    shared = min(event["end"], stop) - max(event["start"], start)
    return {**told, "hours": shared / HOUR, "excluded": by is not None, "excluded_by": by}
