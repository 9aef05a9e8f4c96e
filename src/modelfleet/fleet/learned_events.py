"""Events that lie in what a model learned from, and whether it learned from them.

The calendar of today says what is left out from now on; what a model was made without stands in the
lineage of its release. Both are told, because a model may serve that was made before an exclusion.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

__all__ = ["learned_events", "learning_period"]

HOUR = timedelta(hours=1)
NOTHING = timedelta(0)

Stretches = Sequence[Sequence[datetime]]
"""Periods from a first moment up to the one after the last; none overlaps another."""


def learning_period(
    row: Mapping[str, Any], *, step: timedelta, first_reading: datetime | None
) -> tuple[datetime, datetime] | None:
    """From when to when a model looked at its sensor, what was left out included.

    Args:
        row: ``trained_from``, ``trained_to`` (the last step), and ``excluded``, or null.
        step: of the grid.
        first_reading: of the sensor, if all its history was looked at; else ``None``.

    Returns:
        the first moment and the one after the last; ``None`` where it learned nothing.
    """
    start, last = row.get("trained_from"), row.get("trained_to")
    if start is None or last is None:
        return None
    ends = [stop for _, stop in row.get("excluded") or ()]
    return min(start, first_reading or start), max(last + step, *ends, last + step)


def learned_events(
    events: Sequence[Mapping[str, Any]],
    excluded: Stretches | None,
    *,
    period: tuple[datetime, datetime],
) -> list[dict[str, Any]]:
    """Say of each event whether the model was made without it.

    Args:
        events: from :func:`~modelfleet.fleet.event_overlap.overlapping_events`, of the period.
        excluded: what was left out when the model was made; ``None`` where that is not known.
        period: from :func:`learning_period`.

    Returns:
        the events with ``excluded_now`` (by the calendar of today), ``left_out_hours`` and
        ``excluded``: whether all its hours were left out; both null where that is not known.
    """
    return [_told(event, excluded, period) for event in events]


def _told(
    event: Mapping[str, Any], excluded: Stretches | None, period: tuple[datetime, datetime]
) -> dict[str, Any]:
    start, stop = max(event["start"], period[0]), min(event["end"], period[1])
    known = {**event, "excluded_now": event["excluded"]}
    if excluded is None:
        return {**known, "left_out_hours": None, "excluded": None}
    shared = (min(stop, last) - max(start, first) for first, last in excluded)
    left_out = sum((each for each in shared if each > NOTHING), NOTHING)
    return {**known, "left_out_hours": left_out / HOUR, "excluded": left_out >= stop - start}
