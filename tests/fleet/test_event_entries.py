"""One calendar: events of the catalog and entries of the configuration, side by side."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.parameters.events import EventEntry
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.event_table import event_rows, models_of_period
from modelfleet.fleet.ingest import learned_periods, read_events, sensor_periods
from modelfleet.fleet.tables import from_pandas, to_pandas
from tests.fleet.ingest.test_events import EVENTS, LAYOUT
from tests.fleet.ingest.test_ingest import SENSORS

FIRST = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp()) // 3600
AXIS = Axis(60, "UTC", FIRST, FIRST + 100)


def entry(start: str, end: str, **more: Any) -> EventEntry:
    """An entry of the fleet, from and to times of January 2021."""
    period = {"from": f"2021-01-{start}:00Z", "to": f"2021-01-{end}:00Z"}
    said = {"fleet": "f", "kind": "strike", "reason": "r", "by": "b"}
    return EventEntry.model_validate({**said, **period, **more})


def calendar(**entries: EventEntry) -> pl.DataFrame:
    """The events of the catalog with entries, as they come back from a pandas table on disk."""
    return from_pandas(to_pandas(read_events(EVENTS, SENSORS, LAYOUT, entries=entries)))


def periods(events: pl.DataFrame, *kinds: str) -> dict[str, Any]:
    """What is left out, counted from the first hour of the axis."""
    found = sensor_periods(events, SENSORS, AXIS, kinds=kinds, scope=LAYOUT.scope)
    return {i: [(a - FIRST, b - FIRST) for a, b in each] for i, each in found.items()}


def test_entries_stand_beside_the_events_of_the_catalog() -> None:
    """With where they come from, and what they say of themselves."""
    found = calendar(s1=entry("02T00", "02T06", cohort=["flow/x", "flow/y"], excluded=True))
    rows = found.select("event_id", "source", "excluded", "cohort", "by", "note").rows()
    assert sorted(rows, key=str) == [
        ("e1", "catalog", "kind", None, None, None),
        ("e2", "catalog", "kind", None, None, None),
        ("e3", "catalog", "kind", None, None, None),
        ("s1", "conf", "entry", "flow/x", "b", "r"),
        ("s1", "conf", "entry", "flow/y", "b", "r"),
    ]
    assert found["start"].is_sorted()


def test_entries_concern_by_sensor_cohort_metadata_or_the_whole_fleet() -> None:
    """Only what is to be excluded is: by itself, or as its kind."""
    found = calendar(
        s1=entry("01T10", "01T12", sensor="a", excluded=True),
        s2=entry("01T14", "01T16", cohort="flow/y", excluded=True),
        s3=entry("01T18", "01T20", where={"area": "x"}, excluded=True),
        s4=entry("01T22", "01T23", excluded=True),
        s5=entry("02T02", "02T03"),
        s6=entry("02T04", "02T05", excluded=False),
    )
    assert periods(found) == {"a": [(10, 12), (18, 20), (22, 23)], "b": [(14, 16), (22, 23)]}
    assert periods(found, "strike") == {
        "a": [(10, 12), (18, 20), (22, 23), (26, 27)],
        "b": [(14, 16), (22, 23), (26, 27)],
    }


def test_overlapping_events_are_left_out_once() -> None:
    """An entry within an event of the catalog, and one that goes on where it ends."""
    found = calendar(
        s1=entry("01T01", "01T02", sensor="a", excluded=True),
        s2=entry("01T03", "01T05", sensor="a", excluded=True),
    )
    assert periods(found, "burst")["a"] == [(1, 5)]


def test_what_is_planned_reaches_forecasts_and_no_training() -> None:
    """After the end of the axis there is nothing to learn, and much to forecast."""
    found = calendar(
        s1=entry("05T02", "05T06", excluded=True), s2=entry("09T00", "09T06", excluded=True)
    )
    assert periods(found)["a"] == [(98, 102), (192, 198)]
    learned = learned_periods(found, SENSORS, AXIS, kinds=(), scope=LAYOUT.scope)
    assert learned["a"] == ((FIRST + 98, FIRST + 100),)
    later = calendar(s2=entry("09T00", "09T06", excluded=True))
    assert learned_periods(later, SENSORS, AXIS, kinds=(), scope=LAYOUT.scope) == {}


def test_an_id_is_of_one_event() -> None:
    """Which of two was meant, nobody could tell."""
    with pytest.raises(ConfigurationError, match=r"parameters_events.yml\): 'e2' is the id of an"):
        calendar(e2=entry("01T10", "01T12"))


def test_who_is_nobody_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A sensor that has left the fleet must not end its runs."""
    found = calendar(s1=entry("01T10", "01T12", sensor=["zz", "a"], excluded=True))
    assert periods(found) == {"a": [(10, 12)]}
    assert "parameters_events.yml): event 's1' concerns no sensor, none has sensor_id 'zz'" in (
        caplog.text
    )


def test_entries_that_say_the_same_again_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """Events of the catalog may overlap; an entry that does was perhaps meant otherwise."""
    calendar(
        s1=entry("01T02", "01T06", where={"area": "x"}, kind="burst"),
        s2=entry("03T10", "03T12"),
        s3=entry("03T11", "03T13"),
        s4=entry("03T13", "03T14"),
        s5=entry("03T11", "03T13", sensor="a"),
    )
    assert "'e1' and 's1' are both of kind 'burst'" in caplog.text
    assert "'s2' and 's3' are both of kind 'strike'" in caplog.text
    assert "'s4'" not in caplog.text
    assert "'s5'" not in caplog.text


def test_the_calendar_as_people_read_it() -> None:
    """One row per event, however many sensors it names."""
    found = calendar(
        s1=entry("02T00", "03T12", sensor=["b", "a"], excluded=True),
        s2=entry("04T00", "04T01", cohort="flow/x", where={"area": "y"}, excluded=False),
    )
    rows = event_rows(found, SENSORS, scope=LAYOUT.scope, kinds=["burst"])
    told = [
        (r["event_id"], r["concerns"], r["sensors"], r["hours"], r["excluded_by"]) for r in rows
    ]
    assert told == [
        ("s2", "cohort flow/x, area y", [], 1.0, None),
        ("e3", "area z", [], 24.0, "kind"),
        ("s1", "sensor a, b", ["a", "b"], 36.0, "entry"),
        ("e2", "the whole fleet", ["a", "b"], 24.0, None),
        ("e1", "area x", ["a"], 1.5, "kind"),
    ]


def test_models_that_learned_from_a_period_are_found() -> None:
    """The last step that a model learned from is part of its period, and an edge is not shared."""
    time = [datetime(2021, 1, day, tzinfo=UTC) for day in range(1, 9)]
    models = pl.DataFrame(
        {
            "sensor_id": ["before", "into", "after", "stranger"],
            "trained_from": [time[0], time[0], time[5], time[0]],
            "trained_to": [time[1], time[2], time[7], time[7]],
        }
    )
    known = ["before", "into", "after"]
    assert models_of_period(models, known, start=time[2], end=time[5]) == ["into"]
