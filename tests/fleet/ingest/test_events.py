"""Known periods: whom they concern, and what is wrong with them."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import DataError
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.ingest import read_events, sensor_periods
from tests.fleet.ingest.test_ingest import SENSORS, settings

LAYOUT = settings().events
EVENTS = pl.DataFrame(
    {
        "event": ["e1", "e2", "e3"],
        "kind": ["burst", "heatwave", "burst"],
        "area": ["x", None, "z"],
        "start": ["2021-01-01T01:30", "2021-01-02T00:00", "2021-01-03T00:00"],
        "end": ["2021-01-01T03:00", "2021-01-03T00:00", "2021-01-04T00:00"],
    }
)


def test_events_concern_the_sensors_of_their_scope() -> None:
    """An empty scope means the whole fleet; partial hours are left out whole."""
    events = read_events(EVENTS, SENSORS, LAYOUT)
    first = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp()) // 3600
    axis = Axis(60, "UTC", first, first + 100)

    def periods(*kinds: str) -> dict[str, Any]:
        return sensor_periods(events, SENSORS, axis, kinds=kinds, scope=LAYOUT.scope)

    assert periods("burst") == {"a": ((first + 1, first + 3),)}
    assert set(periods("heatwave")) == {"a", "b"}
    assert periods() == {}


def test_an_event_that_concerns_nobody_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A misspelt district would otherwise exclude nothing, in silence."""
    read_events(EVENTS, SENSORS, LAYOUT)
    assert "event 'e3' concerns no sensor, none has area 'z'" in caplog.text
    assert "'e1'" not in caplog.text


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("start", "2021-01-02", r"'e2' in rows 1 .* start '2021-01-02' and end '2021-01-03T"),
        ("end", "2021-01-01T00:00", r"'e2' in rows 1 .*no readable start before its end.*; corr"),
        ("end", None, r"'e2' in rows 1 .* and end None; correct them"),
        ("kind", None, r"column 'kind' is empty in rows 1 \(row 0 is the first\).*; fill it"),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_meant_is_refused(
    column: str, value: str | None, message: str
) -> None:
    """An event that is silently lost would not be excluded."""
    wrong = pl.when(pl.col("event") == "e2").then(pl.lit(value)).otherwise(column).alias(column)
    with pytest.raises(DataError, match=message):
        read_events(EVENTS.with_columns(wrong), SENSORS, LAYOUT)
