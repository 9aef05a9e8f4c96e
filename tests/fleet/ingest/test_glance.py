"""What is settled at a glance is what looking at each row would have made of it."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from modelfleet.fleet.ingest import Ingested, Rules
from modelfleet.fleet.ingest.clock import Clock
from modelfleet.fleet.ingest.glance import at_a_glance, worth_a_glance
from modelfleet.fleet.ingest.judgement import judge_rows
from modelfleet.fleet.ingest.readings import settle_rows
from modelfleet.fleet.ingest.repetitions import Stored
from modelfleet.fleet.ingest.senders import Slice, list_senders
from tests.fleet.ingest.test_ingest import FLEET, NOW, SENSORS, settings

START = datetime(2021, 1, 1, tzinfo=UTC).replace(tzinfo=None)
PLAIN = Clock(pl.Datetime("us"), has_offsets=False, zone="UTC")
RULES = Rules(settings(), FLEET, NOW)
Row = tuple[str | None, datetime | None, float | None]


def rows_of(*sensors: str | None, hours: int = 4) -> list[Row]:
    """Sound rows of one sensor after the other."""
    return [(name, START + timedelta(hours=hour), 1.0) for name in sensors for hour in range(hours)]


def told(rows: list[Row], stored: Stored) -> tuple[Ingested | None, Ingested]:
    """Rows at a glance, and looked at one by one."""
    schema = {"raw_id": pl.String, "timestamp": pl.Datetime("us"), "value": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("row")
    counted = frame.group_by("raw_id").agg(rows=pl.len())
    senders = list_senders(counted, SENSORS, shards=4)
    judged = judge_rows(frame.lazy(), senders, clock=PLAIN, rules=RULES, what="raw")
    each = settle_rows(judged, senders, rules=RULES, stored=stored, name="raw")
    glance = at_a_glance(frame, senders, clock=PLAIN, rules=RULES, stored=stored, name="raw")
    return glance, each


def assert_same(glance: Ingested, each: Ingested) -> None:
    """All that is kept, whatever the order of sensors."""
    key = ("shard", "sensor_id", "timestamp")
    assert glance.readings.table().sort(key).equals(each.readings.table().sort(key))
    for name in ("corrections", "replaced"):
        assert getattr(glance, name).table().equals(getattr(each, name).table())
    assert glance.rejected.equals(each.rejected)
    assert glance.account == each.account


FAULTS = st.sampled_from(
    ["none", "no id", "unknown", "no time", "future", "old", "off grid", "moved", "again", "late",
     "missing", "nan", "infinite", "-infinite", "low", "high"]
)  # fmt: skip


def spoil(rows: list[Row], at: int, fault: str) -> None:
    """Put a fault into a row."""
    name, time, value = rows[at]
    time = time or START
    rows[at] = {
        "no id": (None, time, value),
        "unknown": ("elsewhere", time, value),
        "no time": (name, None, value),
        "future": (name, NOW.replace(tzinfo=None) + timedelta(hours=1), value),
        "old": (name, START - timedelta(days=9000), value),
        "off grid": (name, time + timedelta(minutes=29), value),
        "moved": (name, time + timedelta(minutes=1), value),
        "again": rows[at - 1],
        "late": (name, time - timedelta(hours=9), value),
        "missing": (name, time, None),
        "nan": (name, time, float("nan")),
        "infinite": (name, time, float("inf")),
        "-infinite": (name, time, float("-inf")),
        "low": (name, time, -1e9),
        "high": (name, time, 1e9),
    }.get(fault, rows[at])


@trials(deadline=None, max_examples=60)
@given(
    sensors=st.lists(st.sampled_from(["a", "b", "s2", "s9", "é", "e\u0301", ""]), max_size=5),
    faults=st.lists(st.tuples(st.integers(0, 19), FAULTS), max_size=3),
    last=st.sampled_from([None, START - timedelta(hours=1), START + timedelta(hours=2)]),
)
def test_a_glance_says_what_looking_at_each_row_says(
    sensors: list[str], faults: list[tuple[int, str]], last: datetime | None
) -> None:
    """Or it says nothing."""
    rows = rows_of(*sensors)
    for at, fault in faults:
        if rows:
            spoil(rows, at % len(rows), fault)
    kept = {"sensor_id": ["a"], "timestamp": [START], "value": [5.0], "shard": [0]}
    table = pl.LazyFrame(kept, schema_overrides={"timestamp": pl.Datetime("us", "UTC")})
    stored = Stored(last and last.replace(tzinfo=UTC), lambda *_: table)
    glance, each = told(rows, stored)
    if glance is not None:
        assert_same(glance, each)


@pytest.mark.parametrize("fault", ["none", "missing", "nan", "unknown"])
def test_sound_rows_are_settled_at_a_glance(fault: str) -> None:
    """Also where values are missing, and of sensors that stand in no metadata."""
    rows = rows_of("s9", "b", "a")
    spoil(rows, 11, fault)
    glance, each = told(rows, Stored())
    assert glance is not None
    assert_same(glance, each)


@pytest.mark.parametrize(
    ("clock", "value", "together", "worth"),
    [
        (PLAIN, pl.Float64(), True, True),
        (PLAIN, pl.Int8(), True, True),
        (Clock(pl.Datetime("ms", "Europe/Rome"), False, "UTC"), pl.Float64(), True, True),
        (Clock(pl.Date(), False, "UTC"), pl.Float64(), True, True),
        (Clock(pl.Datetime("us"), False, "Europe/Rome"), pl.Float64(), True, False),
        (Clock(pl.String(), False, "UTC"), pl.Float64(), True, False),
        (PLAIN, pl.String(), True, False),
        (PLAIN, pl.Float64(), False, False),
    ],
)
def test_what_types_and_order_do_not_tell_is_looked_at(
    clock: Clock, value: pl.DataType, *, together: bool, worth: bool
) -> None:
    """Text must be parsed, and a zone with a doubled hour needs the order of rows."""
    part = Slice(pl.DataFrame(), together=together)
    assert worth_a_glance(part, clock, value) is worth
