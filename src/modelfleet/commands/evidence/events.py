"""Known events in what a model learned from, as text for people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

__all__ = ["told_events"]

SHOWN = 5
WHO = {"baseline": "its baseline", "model": "its model", "champion": "its champion"}


def told_events(found: Mapping[str, Any] | None) -> list[str]:
    """Whether events were left out of what serves a sensor, the most recent first, five at most.

    Args:
        found: from :func:`~modelfleet.commands.learned.events_of_sensor`, times as text.
    """
    if found is None:
        return []
    who = WHO.get(found["serves"], str(found["serves"]))
    period = f"{_time(found['learned_from'])} to {_time(found['learned_to'])} UTC"
    events = found["events"]
    lines = [f"  {who} looked at {period}: {_counted(events)}"]
    lines += [f"  - {_event(event)}" for event in events[:SHOWN]]
    more = len(events) - SHOWN
    return [*lines, f"  and {more} more; --json tells them"] if more > 0 else lines


def _counted(events: list[Any]) -> str:
    if not events:
        return "no known event lies in it"
    left_out = sum(bool(event["excluded"]) for event in events)
    lie = "1 known event lies" if len(events) == 1 else f"{len(events)} known events lie"
    return f"{lie} in it, {left_out or 'none'} of them left out"


def _event(event: Mapping[str, Any]) -> str:
    name = " ".join(str(event[key]) for key in ("kind", "event_id") if event[key])
    note = f" ({event['note']})" if event["note"] else ""
    period = f"{_time(event['start'])} to {_time(event['end'])}"
    return f"{name}, {period}, {event['hours']:,.0f} h of it: {_answer(event)}{note}"


def _answer(event: Mapping[str, Any]) -> str:
    if event["excluded"] is None:
        known = "left out" if event["excluded_now"] else "not left out"
        return f"not recorded; by the calendar of today {known}"
    if event["excluded"]:
        today = "" if event["excluded_now"] else ", though not by the calendar of today"
        return f"left out{today}"
    if event["left_out_hours"]:
        return f"{event['left_out_hours']:,.0f} h left out for another event, the others learned"
    return (
        "learned from; left out of what is trained now" if event["excluded_now"] else "learned from"
    )


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"
