"""Events that overlap a period of one sensor."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from modelfleet.fleet.event_overlap import overlapping_events

SENSORS = pl.DataFrame(
    {"sensor_id": ["a", "b"], "cohort": ["flow", "demand"], "district": ["x", "y"]}
)


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2021, 3, number, hour, tzinfo=UTC)


def calendar(*rows: dict[str, Any]) -> pl.DataFrame:
    """Events with what is not given empty."""
    schema = {
        **dict.fromkeys(("event_id", "kind"), pl.String()),
        **dict.fromkeys(("start", "end"), pl.Datetime("us", "UTC")),
        **dict.fromkeys(("note", "sensor_id", "cohort", "district"), pl.String()),
        "excluded": pl.String(),
    }
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def event(name: str, start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    return {"event_id": name, "kind": "burst", "start": start, "end": end, **more}


def overlaps(events: pl.DataFrame, sensor_id: str = "a", *kinds: str) -> list[dict[str, Any]]:
    return overlapping_events(
        events,
        SENSORS,
        sensor_id=sensor_id,
        start=day(5),
        stop=day(10),
        scope=["district"],
        excluded_kinds=kinds,
    )


def test_only_the_overlap_counts() -> None:
    """Hours of an event outside of the period are not told, and a shared edge is no overlap."""
    events = calendar(
        event("before", day(1), day(5)),
        event("into", day(4), day(5, 6)),
        event("within", day(6), day(7), note="a pipe"),
        event("beyond", day(9, 18), day(20)),
        event("after", day(10), day(11)),
    )
    found = overlaps(events)
    assert [(each["event_id"], each["hours"]) for each in found] == [
        ("beyond", 6.0),
        ("within", 24.0),
        ("into", 6.0),
    ]
    assert found[1] == {
        **event("within", day(6), day(7), note="a pipe"),
        "hours": 24.0,
        "excluded": False,
        "excluded_by": None,
    }


def test_an_event_concerns_by_sensor_cohort_metadata_or_the_whole_fleet() -> None:
    """Every column that it fills must fit; a sensor that is not known is concerned by nothing."""
    when = (day(6), day(7))
    events = calendar(
        event("1 sensor", *when, sensor_id="a"),
        event("2 cohort", *when, cohort="flow"),
        event("3 district", *when, district="x"),
        event("4 fleet", *when),
        event("5 both", *when, cohort="flow", district="y"),
    )
    assert [e["event_id"][0] for e in overlaps(events)] == ["4", "3", "2", "1"]
    assert [e["event_id"][0] for e in overlaps(events, "b")] == ["4"]
    assert overlaps(events, "unheard of") == []


def test_what_an_entry_says_goes_before_its_kind() -> None:
    """An entry may keep one burst where all others are left out."""
    when = (day(6), day(7))
    events = calendar(
        event("1", *when),
        event("2", *when, excluded="entry"),
        event("3", *when, excluded="never"),
    )

    def told(*kinds: str) -> dict[str, tuple[bool, str | None]]:
        found = overlaps(events, "a", *kinds)
        return {e["event_id"]: (e["excluded"], e["excluded_by"]) for e in found}

    assert told() == {"1": (False, None), "2": (True, "entry"), "3": (False, None)}
    assert told("burst") == {"1": (True, "kind"), "2": (True, "entry"), "3": (False, None)}


def test_a_calendar_without_entries_of_its_own_is_read_too() -> None:
    """Tables of earlier runs have no such columns."""
    events = calendar(event("1", day(6), day(7), district="x"))
    old = events.drop("excluded", "sensor_id", "cohort")
    assert [e["excluded"] for e in overlaps(old, "a", "burst")] == [True]
    assert overlaps(old, "b", "burst") == []
