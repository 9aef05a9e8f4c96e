"""Ingestion: parsed strictly, in UTC, on the grid, one per sensor and time, and nothing lost."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import AccountError, DataError, SchemaError
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import Aggregation, IngestionParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.ingest import (
    UNREGISTERED,
    Account,
    Batch,
    Ingested,
    Rules,
    complete_fleet,
    covariate_arrays,
    ingest_batch,
    read_covariates,
    read_events,
    register_sensors,
    sensor_periods,
)
from modelfleet.fleet.ingest.clock import to_utc
from tests.fleet.test_pieces import FLEET

NOW = datetime(2022, 1, 1, tzinfo=UTC)

LAYOUT: dict[str, Any] = {
    "readings": {
        "kind": "long", "timestamp": "time", "sensor_id": "id", "value": "v", "time_zone": "UTC",
    },
    "sensors": {
        "sensor_id": "id", "kind": "kind", "unit": "unit", "cohort_by": ["kind", "area"],
        "lower_limit": "low", "upper_limit": "high",
    },
    "events": {
        "event_id": "event", "kind": "kind", "start": "start", "end": "end", "scope": ["area"],
    },
    "covariates": {"timestamp": "time", "columns": ["rain"], "time_zone": "UTC"},
    "tolerance_minutes": 5,
    "earliest": "2000-01-01T00:00:00Z",
    "max_unreadable_share": 0.5,
    "most_small_files": 4,
}  # fmt: skip

SENSORS = register_sensors(
    pl.DataFrame(
        {
            "id": ["a", "b"],
            "kind": ["flow", "flow"],
            "unit": ["L/s", "L/s"],
            "area": ["x", "y"],
            "low": [0.0, None],
            "high": [100.0, None],
        }
    ),
    IngestionParameters.model_validate(LAYOUT).sensors,
)


def settings(**changes: Any) -> IngestionParameters:
    """The layout with changed readings settings."""
    return IngestionParameters.model_validate(
        {**LAYOUT, "readings": {**LAYOUT["readings"], **changes}}
    )


@dataclass
class Gathered:
    """Takes the parts of one batch, to look at them."""

    parts: list[Ingested] = field(default_factory=list)

    def add(self, part: Ingested) -> None:
        self.parts.append(part)

    def commit(self, account: Account, **_: Any) -> None:
        self.account = account

    def whole(self, account: Account) -> Ingested:
        names = ("readings", "corrections", "replaced", "rejected")
        tables = {n: pl.concat([getattr(part, n) for part in self.parts]) for n in names}
        return Ingested(**tables, account=account)


def ingest(
    raw: pl.DataFrame,
    *,
    fleet: FleetParameters = FLEET,
    most_rows: int = 1_000_000,
    aggregation: Aggregation | None = None,
    **changes: Any,
) -> Ingested:
    """Ingest a few rows and check the account against the tables."""
    chosen = settings(**changes).model_copy(update={"aggregation": aggregation})
    rules = Rules(chosen, fleet, NOW)
    batch = Batch("raw readings", "1", raw.lazy)
    gathered = Gathered()
    account = ingest_batch(batch, SENSORS, gathered, rules=rules, most_rows=most_rows)
    done = gathered.whole(account)
    assert account.rows_in == raw.height or changes.get("kind") == "wide"
    assert account.stored == done.readings.height
    assert sum(account.rejected.values()) == done.rejected.height
    return done


def long(*rows: tuple[Any, Any, Any]) -> pl.DataFrame:
    """Raw rows as text: time, id, value."""
    return pl.DataFrame(
        rows, schema={"time": pl.String, "id": pl.String, "v": pl.String}, orient="row"
    )


def reasons(done: Ingested) -> dict[int, str]:
    """Source row to reason."""
    return dict(done.rejected.select("row", "reason").iter_rows())


def test_each_bad_row_gets_its_reason_and_keeps_its_text() -> None:
    """The first thing that is wrong with a row is its reason."""
    done = ingest(
        long(
            ("2021-01-01T00:00", "a", "1"),
            ("2021-01-01T01:00", None, "1"),
            (None, "a", "1"),
            ("yesterday", "a", "1"),
            ("2021-01-01T04:00", "a", "bad"),
            ("2021-01-01T05:00", "a", "inf"),
            ("1999-01-01T00:00", "a", "1"),
            ("2057-01-01T00:00", "a", "1"),
            ("2021-01-01T08:20", "a", "1"),
            ("2021-01-01T09:00", "a", "-0.1"),
            ("2021-01-01T10:00", "a", "100.1"),
            ("1970-01-18T00:00", "a", "1"),
        )
    )
    assert reasons(done) == {
        1: "missing_sensor_id",
        2: "missing_timestamp",
        3: "unreadable_timestamp",
        4: "unreadable_value",
        5: "not_finite",
        6: "before_earliest",
        7: "in_the_future",
        8: "off_grid",
        9: "below_lower_limit",
        10: "above_upper_limit",
        11: "implausible_time",
    }
    assert done.rejected["value"].to_list()[3] == "bad"
    assert done.readings["value"].to_list() == [1.0]


def test_missing_values_are_stored_as_null() -> None:
    """NaN and empty say that nothing was measured; they are no fault and never become zero."""
    rows = [(f"2021-01-01T0{i}:00", "a", v) for i, v in enumerate(["", "NaN", None, " 2 "])]
    done = ingest(long(*rows))
    assert done.readings["value"].to_list() == [None, None, None, 2.0]
    assert done.account.missing_values == 3


def test_exact_repetitions_count_once_and_contradictions_not_at_all() -> None:
    """Two values for one time cannot both be right: both are rejected."""
    done = ingest(
        long(
            ("2021-01-01T00:00", "a", "1"),
            ("2021-01-01T00:00", "a", "1.0"),
            ("2021-01-01T01:00", "a", "1"),
            ("2021-01-01T01:00", "a", "2"),
            ("2021-01-01T01:00", "b", "2"),
        )
    )
    assert done.account.duplicates == 1
    assert reasons(done) == {2: "conflicting_values", 3: "conflicting_values"}
    assert done.readings.height == 2


def test_times_near_the_grid_are_moved_to_it() -> None:
    """Within tolerance a clock may drift; how many rows did is counted."""
    done = ingest(long(("2021-01-01T00:04:59", "a", "1"), ("2021-01-01T00:55:00.5", "a", "2")))
    assert [time.isoformat() for time in done.readings["timestamp"]] == [
        "2021-01-01T00:00:00+00:00",
        "2021-01-01T01:00:00+00:00",
    ]
    assert done.account.moved_to_grid == 2


def test_order_of_rows_and_of_columns_does_not_matter() -> None:
    """The same rows give the same table."""
    raw = long(*((f"2021-01-01T{i:02}:00", s, str(i)) for i in range(20) for s in ("b", "a")))
    expected = ingest(raw).readings
    shuffled = raw.sample(fraction=1, shuffle=True, seed=3).select("v", "id", "time")
    assert ingest(shuffled).readings.equals(expected)


def test_offsets_are_honoured_and_never_mixed_with_naive_times() -> None:
    """An offset says what it says; half of them missing cannot be read without guessing."""
    done = ingest(long(("2021-01-01T02:00+02:00", "a", "1"), ("2021-01-01T01:00Z", "a", "2")))
    assert [t.hour for t in done.readings["timestamp"]] == [0, 1]
    with pytest.raises(SchemaError, match="1 of 2 timestamps carry an offset"):
        ingest(long(("2021-01-01T02:00+02:00", "a", "1"), ("2021-01-01T01:00", "a", "2")))


def test_times_without_a_zone_need_a_declared_one() -> None:
    """A silent guess at UTC would shift the weekly pattern."""
    with pytest.raises(SchemaError, match="none is declared"):
        ingest(long(("2021-01-01T00:00", "a", "1")), time_zone=None)


def test_clock_changes_are_told_apart_by_order_or_not_at_all() -> None:
    """Two rows in the doubled hour are told by order, one alone is not; the skipped hour is not."""
    done = ingest(
        long(
            ("2021-03-28T02:00", "a", "4"),
            ("2021-10-31T02:00", "a", "1"),
            ("2021-10-31T02:00", "a", "2"),
            ("2021-10-31T02:00", "b", "3"),
        ),
        time_zone="Europe/Rome",
    )
    assert reasons(done) == {0: "nonexistent_local_time", 3: "ambiguous_local_time"}
    assert [t.hour for t in done.readings["timestamp"]] == [0, 1]
    assert done.readings["value"].to_list() == [1.0, 2.0]


def test_order_is_asked_for_its_direction_and_repetitions_for_none() -> None:
    """A file that runs backwards shows the later hour first; one that repeats rows, nothing."""
    hours = [("2021-10-31T01:00", "a", "0"), ("2021-10-31T02:00", "a", "1")]
    hours += [("2021-10-31T02:00", "a", "2"), ("2021-10-31T03:00", "a", "3")]
    forwards = ingest(long(*hours), time_zone="Europe/Rome").readings
    assert ingest(long(*hours[::-1]), time_zone="Europe/Rome").readings.equals(forwards)
    once = [hours[0], hours[1], hours[3]]
    twice = [row for row in once for _ in range(2)]
    done = ingest(long(*twice), time_zone="Europe/Rome")
    assert set(reasons(done).values()) == {"ambiguous_local_time"}
    assert done.readings["value"].to_list() == [0.0, 3.0]


def test_datetimes_and_dates_are_times_too() -> None:
    """Typed columns need no parsing; aware ones keep their instant."""
    naive = pl.DataFrame({"time": [datetime(2021, 1, 1)], "id": ["a"], "v": [1]})  # noqa: DTZ001
    rome = naive.with_columns(pl.col("time").dt.replace_time_zone("Europe/Rome"))
    assert ingest(naive).readings["timestamp"][0] == datetime(2021, 1, 1, tzinfo=UTC)
    assert ingest(rome).readings["timestamp"][0] == datetime(2020, 12, 31, 23, tzinfo=UTC)
    with pytest.raises(SchemaError, match="timestamps are Int32"):
        ingest(naive.with_columns(time=pl.lit(1_600_000_000)))


def test_wide_tables_have_one_column_per_sensor() -> None:
    """Each cell is a row of the account."""
    raw = pl.DataFrame({"time": ["2021-01-01T00:00"], "a": ["1"], "b": [None]})
    done = ingest(raw, kind="wide", sensor_id=None, value=None)
    assert done.account.rows_in == 2
    assert done.readings.sort("sensor_id")["value"].to_list() == [1.0, None]
    odd = raw.rename({"a": "value", "b": "row"})
    named = ingest(odd, kind="wide", sensor_id=None, value=None, most_rows=1)
    assert sorted(named.readings["sensor_id"]) == ["row", "value"]
    with pytest.raises(SchemaError, match="one column per sensor"):
        ingest(raw.select("time"), kind="wide", sensor_id=None, value=None)


def test_a_missing_column_names_what_is_there_and_what_to_correct() -> None:
    """The remedy is in the message."""
    with pytest.raises(SchemaError, match=r"'v' is missing.*'time', 'id'.*ingestion\.readings"):
        ingest(long(("2021-01-01T00:00", "a", "1")).drop("v"))


def test_further_columns_are_ignored_and_named() -> None:
    """Nobody wonders whether a column was used."""
    raw = long(("2021-01-01T00:00", "a", "1")).with_columns(note=pl.lit("x"))
    assert ingest(raw).account.ignored_columns == ["note"]


def test_too_many_unreadable_rows_stop_the_run() -> None:
    """A file that cannot be read is a mistake in the file or its layout, not bad luck."""
    raw = long(*((f"2021-01-01T{i:02}:00", "a", "bad") for i in range(12)))
    with pytest.raises(DataError, match=r"12 of 12 rows cannot be read.*\(0, .*'bad'"):
        ingest(raw)


def test_decimal_commas_are_refused() -> None:
    """Guessing would turn 1,234 into a thousand or into one."""
    with pytest.raises(SchemaError, match=r"\(row, value\) \[\(1, '1,5'\)\]"):
        ingest(long(("2021-01-01T00:00", "a", "1"), ("2021-01-01T01:00", "a", "1,5")))
    with pytest.raises(SchemaError, match="values are Boolean"):
        ingest(long(("2021-01-01T00:00", "a", "1")).with_columns(v=pl.lit(value=True)))


def test_small_integers_do_not_wrap() -> None:
    """Numbers become floats before anything is computed with them."""
    raw = pl.DataFrame(
        {"time": ["2021-01-01T00:00"], "id": ["b"], "v": pl.Series([127], dtype=pl.Int8)}
    )
    assert ingest(raw).readings["value"].to_list() == [127.0]


def test_ids_are_text() -> None:
    """007 and 7 are two sensors, and no id is a path."""
    names = ["007", "7", "../x", "a\0b"]
    done = ingest(long(*(("2021-01-01T00:00", name, "1") for name in names)))
    assert sorted(done.readings["sensor_id"]) == sorted(names)


def test_an_account_that_does_not_balance_is_an_error() -> None:
    """A lost row is never silent."""
    with pytest.raises(AccountError, match="10 rows came in"):
        Account(rows_in=10, stored=7, duplicates=1, rejected={"off_grid": 1}).check()


def test_sensors_without_metadata_join_the_fleet_as_unregistered() -> None:
    """Who sends is known."""
    fleet = complete_fleet(SENSORS, {"a", "stranger"}, shards=8)
    assert fleet["sensor_id"].to_list() == ["a", "b", "stranger"]
    assert fleet["cohort"].to_list() == ["flow/x", "flow/y", UNREGISTERED]
    assert fleet["registered"].to_list() == [True, True, False]
    assert fleet["shard"].null_count() == 0


@pytest.mark.parametrize(
    ("ids", "message"), [(["a", "a"], "'a' stands in more than one row"), (["a", None], "1 rows")]
)
def test_metadata_has_one_row_per_sensor(ids: list[str | None], message: str) -> None:
    """Two rows for one sensor contradict each other sooner or later."""
    raw = pl.DataFrame({"id": ids, "kind": "k", "unit": "u", "area": "x", "low": 0.0, "high": 1.0})
    with pytest.raises(SchemaError, match=message):
        register_sensors(raw, settings_for_sensors())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shard": 0}, "column 'shard' has the name of a column that is made here"),
        ({"cohort": "mine"}, "column 'cohort'"),
        ({"rule_value": 1.0}, "column 'rule_value'"),
        ({"low": "abc"}, "lower_limit of sensor 'a' is no number, such as 'abc'"),
        ({"low": 9.0}, "the lower limit of sensor 'a' is above its upper limit"),
    ],
)
def test_metadata_that_contradict_themselves_are_refused(
    change: dict[str, Any], message: str
) -> None:
    """A further column never replaces one of ours, and a limit is a number that makes sense."""
    row = {"id": "a", "kind": "k", "unit": "u", "area": "x", "low": 0.0, "high": 1.0}
    with pytest.raises(SchemaError, match=message):
        register_sensors(pl.DataFrame([{**row, **change}]), settings_for_sensors())


def settings_for_sensors() -> Any:
    """The layout of the metadata."""
    return IngestionParameters.model_validate(LAYOUT).sensors


EVENTS = pl.DataFrame(
    {
        "event": ["e1", "e2", "e3"],
        "kind": ["burst", "heatwave", "burst"],
        "area": ["x", None, "z"],
        "start": ["2021-01-01T01:30", "2021-01-02", "2021-01-03T00:00"],
        "end": ["2021-01-01T03:00", "2021-01-03T00:00", "2021-01-04T00:00"],
    }
)


def test_events_concern_the_sensors_of_their_scope() -> None:
    """An empty scope means the whole fleet; partial hours are left out whole."""
    layout = IngestionParameters.model_validate(LAYOUT).events
    raw = EVENTS.with_columns(start=pl.col("start").str.replace("2021-01-02$", "2021-01-02T00:00"))
    events = read_events(raw, SENSORS, layout)
    first = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp()) // 3600
    axis = Axis(60, "UTC", first, first + 100)

    def periods(*kinds: str) -> dict[str, Any]:
        return sensor_periods(events, SENSORS, axis, kinds=kinds, scope=layout.scope)

    assert periods("burst") == {"a": ((first + 1, first + 3),)}
    assert set(periods("heatwave")) == {"a", "b"}
    assert periods() == {}


def test_an_event_without_a_readable_time_is_refused() -> None:
    """An event that is silently lost would not be excluded."""
    layout = IngestionParameters.model_validate(LAYOUT).events
    with pytest.raises(DataError, match="'e2'"):
        read_events(EVENTS, SENSORS, layout)


def test_covariates_lie_on_the_grid() -> None:
    """Missing hours are NaN; without columns or rows there are none."""
    layout = IngestionParameters.model_validate(LAYOUT).covariates
    raw = pl.DataFrame({"time": ["2021-01-01T00:00", "2021-01-01T02:00"], "rain": [1, None]})
    axis = Axis(60, "UTC", 0, 10)
    arrays = covariate_arrays(read_covariates(raw, layout), axis)
    assert arrays is not None
    assert arrays.names == ("rain",)
    assert arrays.values.shape == (3, 1)
    assert arrays.values[0, 0] == 1.0
    assert read_covariates(raw.clear(), layout).is_empty()
    assert covariate_arrays(read_covariates(raw.clear(), layout), axis) is None
    with pytest.raises(DataError, match="2 rows share their time"):
        read_covariates(pl.concat([raw.head(1), raw.head(1)]), layout)


def test_an_empty_column_of_times_is_no_mixture() -> None:
    """Nothing to read is not an error here; the stages above say so."""
    empty = pl.DataFrame(schema={"timestamp": pl.String, "sensor_id": pl.String})
    assert to_utc(empty, zone="UTC", what="test")["time"].len() == 0
