"""A batch may be worked on in slices of any size: what comes out does not depend on it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from modelfleet.domain.errors import AccountError, DataError
from modelfleet.fleet.ingest import Account, Batch, layout
from modelfleet.fleet.ingest.senders import list_senders, slices
from tests.fleet.ingest.test_ingest import SENSORS, ingest, long, settings


def many(sensors: int = 12, hours: int = 9) -> pl.DataFrame:
    """Raw rows of many sensors in the order of time, with all kinds of faults."""
    rows = [
        (f"2021-01-01T{hour:02}:00", f"s{number:02}", "bad" if hour == number else str(hour))
        for hour in range(hours)
        for number in range(sensors)
    ]
    rows += [("2021-01-01T00:00", "s03", "9"), ("2021-01-01T01:00", "s04", "1"), (None, "s05", "1")]
    return long(*rows, ("2021-01-01T00:00", None, "1"), ("2021-01-01T00:00", "", "1"))


@pytest.mark.parametrize("most_rows", [1, 7, 30, 1000])
@pytest.mark.parametrize("wide", [False, True])
def test_the_size_of_a_slice_does_not_matter(most_rows: int, *, wide: bool) -> None:
    """Readings, rejected rows and account are the same."""
    raw, layout = many(), {}
    if wide:
        raw = many().drop_nulls().filter(pl.col("id") != "").unique(["time", "id"], keep="first")
        raw = raw.pivot("id", index="time", values="v")
        layout = {"kind": "wide", "sensor_id": None, "value": None}
    whole, cut = ingest(raw, **layout), ingest(raw, most_rows=most_rows, **layout)
    assert cut.account == whole.account
    assert cut.readings.equals(whole.readings)
    order = ["row", "sensor_id"]
    assert cut.rejected.sort(order).equals(whole.rejected.sort(order))


@given(
    rows=st.lists(st.integers(0, 50), min_size=1, max_size=40),
    most=st.integers(1, 200),
    shards=st.integers(1, 8),
)
def test_slices_hold_whole_shards_and_every_sender_once(
    rows: list[int], most: int, shards: int
) -> None:
    """No shard is in two slices, and nobody is left out."""
    names = [f"s{number}" for number in range(len(rows))]
    counted = pl.DataFrame({"raw_id": [None, *names], "rows": [1, *rows]})
    parts = [part.senders for part in slices(list_senders(counted, SENSORS, shards=shards), most)]
    assert sorted(pl.concat(parts)["raw_id"].drop_nulls()) == sorted(names)
    assert sum(part.height for part in parts) == len(rows) + 1
    found = [shard for part in parts for shard in part["shard"].drop_nulls().unique()]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("most_rows", [5, 40, 1000])
def test_sensor_after_sensor_is_the_same_as_mingled(most_rows: int) -> None:
    """Stretches of a file, sound ones and others, give what slices of whole shards give."""
    start = datetime(2021, 1, 1, tzinfo=UTC)
    rows = [
        (start + timedelta(hours=hour), f"s{number:02}", None if hour == number else float(hour))
        for number in range(12)
        for hour in range(9)
    ]
    rows[20], rows[40] = (*rows[20][:2], float("inf")), rows[39]
    rows[60] = (rows[60][0] + timedelta(minutes=2), *rows[60][1:])
    raw = pl.DataFrame(rows, schema=["time", "id", "v"], orient="row")
    ordered = ingest(raw, most_rows=most_rows)
    mingled = ingest(raw.sort("time", "id"), most_rows=most_rows)
    assert ordered.account == mingled.account
    assert ordered.account.rejected == {"not_finite": 1}
    assert ordered.readings.equals(mingled.readings)
    assert ordered.rejected.drop("row").equals(mingled.rejected.drop("row"))


SOURCES = st.lists(st.tuples(st.sampled_from(["a", "s2", "é", "e\u0301", "s9", "", None]),
                             st.integers(1, 5)), min_size=1, max_size=12)  # fmt: skip


@trials(deadline=None, max_examples=40)
@given(runs=SOURCES, surveyed=st.integers(1, 9))
def test_senders_are_counted_whatever_is_seen_at_a_time(
    runs: list[tuple[str | None, int]], surveyed: int
) -> None:
    """Rows, first and last line of each way of writing an id."""
    ids = [name for name, rows in runs for _ in range(rows)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(layout, "SURVEYED", surveyed)
        rows = layout.read_layout(long(*((None, i, "1") for i in ids)).lazy(), settings().readings)
        found = {name: tuple(told) for name, *told in rows.survey().senders.iter_rows()}
    lines = {name: [at for at, each in enumerate(ids) if each == name] for name in set(ids)}
    assert found == {name: (len(at), at[0], at[-1]) for name, at in lines.items()}


@trials(deadline=None, max_examples=40)
@given(runs=SOURCES, most=st.integers(1, 30))
def test_stretches_hold_whole_sensors_and_every_line_once(
    runs: list[tuple[str | None, int]], most: int
) -> None:
    """Where sensors follow each other; where they are mingled, slices are whole shards."""
    ids = [name for name, rows in runs for _ in range(rows)]
    rows = layout.read_layout(long(*((None, i, "1") for i in ids)).lazy(), settings().readings)
    senders = list_senders(rows.survey().senders, SENSORS, shards=4)
    parts = list(slices(senders, most, whole_shards=False))
    forms = {"": None, "e\u0301": "é"}
    named = [forms.get(name, name) if name else None for name in ids]
    changes = [i for i, name in enumerate(named) if name and (not i or named[i - 1] != name)]
    follow = len(changes) == len({named[i] for i in changes}) > 0
    assert all((part.lines is not None) == follow == part.together for part in parts if follow)
    if not follow:
        assert all(part.lines is None for part in parts)
        return
    lines = [line for part in parts for line in range(*(part.lines or (0, 0)))]
    assert lines == list(range(len(ids)))
    homes = {(named[line], number) for number, part in enumerate(parts)
             for line in range(*(part.lines or (0, 0))) if named[line]}  # fmt: skip
    assert len(homes) == len({name for name, _ in homes})
    for number, part in enumerate(parts):
        assert set(part.senders["sensor_id"]) == {name for name, at in homes if at == number}


def test_a_slow_source_is_read_once(tmp_path: Path) -> None:
    """What costs to read again goes through a temporary file, which is gone in the end."""
    from modelfleet.fleet.ingest import Rules, ingest_batch
    from tests.fleet.ingest.test_ingest import FLEET, NOW, Gathered, settings

    reads = []

    def read() -> pl.LazyFrame:
        reads.append(1)
        return pl.scan_csv(tmp_path / "raw.csv", infer_schema=False)

    many().write_csv(tmp_path / "raw.csv")
    rules = Rules(settings(), FLEET, NOW)
    once = Gathered()
    ingest_batch(Batch("raw", "1", read), SENSORS, once, rules=rules, most_rows=5)
    assert len(reads) == 1
    assert once.account.rows_in == many().height


def test_a_fault_in_a_later_slice_refuses_the_batch() -> None:
    """Too much of the whole batch is too much, in whichever slice it lies; ten rows are named."""
    bad = long(*((f"2021-01-0{d}T{h:02}:00", "s2", "bad") for d in (1, 2) for h in range(24)))
    good = long(("2021-01-01T00:00", "a", "1"), ("2021-01-01T00:00", "s9", "1"))
    with pytest.raises(DataError, match=r"48 of 50 rows cannot be read.*\(11, ") as caught:
        ingest(pl.concat([good, bad]), most_rows=1)
    assert str(caught.value).count("'bad'") == 10


def test_a_source_that_changes_while_it_is_read_is_noticed() -> None:
    """Rows that were counted and did not come are missed."""
    from modelfleet.fleet.ingest import Rules, ingest_batch
    from tests.fleet.ingest.test_ingest import FLEET, NOW, Gathered, settings

    rules = Rules(settings(), FLEET, NOW)
    shrinking = pl.LazyFrame({"time": ["2021-01-01T00:00"] * 2, "id": ["a", "b"], "v": ["1", "2"]})
    calls = []

    def shrink(frame: pl.DataFrame) -> pl.DataFrame:
        calls.append(1)
        return frame.head(2 if len(calls) == 1 else 1)

    raw = shrinking.map_batches(shrink, validate_output_schema=False)
    with pytest.raises(AccountError, match="2 rows came in"):
        ingest_batch(Batch("raw", "1", lambda: raw, rereads=True), SENSORS, Gathered(), rules=rules)
    assert Account.total([]).rows_in == 0
