"""Ingestion: parsed strictly, in UTC, on the grid, one per sensor and time, and nothing lost."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import AccountError, SchemaError
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.ingestion import Aggregation, IngestionParameters
from modelfleet.fleet.ingest import (
    Account,
    Batch,
    Ingested,
    Rules,
    ingest_batch,
    register_sensors,
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

    def whole(self, account: Account) -> "Done":
        readings = pl.concat([part.readings.table() for part in self.parts])
        rejected = pl.concat([part.rejected for part in self.parts])
        return Done(readings.sort("shard", "sensor_id", "timestamp"), rejected, account)


@dataclass(frozen=True)
class Done:
    """What became of a batch: tables in the order in which they are kept."""

    readings: pl.DataFrame
    rejected: pl.DataFrame
    account: Account


def ingest(
    raw: pl.DataFrame,
    *,
    fleet: FleetParameters = FLEET,
    most_rows: int = 1_000_000,
    aggregation: Aggregation | None = None,
    **changes: Any,
) -> Done:
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


def reasons(done: Done) -> dict[int, str]:
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


def test_offsets_are_honoured() -> None:
    """An offset says what it says."""
    done = ingest(long(("2021-01-01T02:00+02:00", "a", "1"), ("2021-01-01T01:00Z", "a", "2")))
    assert [t.hour for t in done.readings["timestamp"]] == [0, 1]


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


def test_values_are_numbers_or_text() -> None:
    """A column of flags is a mistake in the layout."""
    with pytest.raises(SchemaError, match="values are Boolean"):
        ingest(long(("2021-01-01T00:00", "a", "1")).with_columns(v=pl.lit(value=True)))


def test_small_integers_do_not_wrap() -> None:
    """Numbers become floats before anything is computed with them."""
    raw = pl.DataFrame(
        {"time": ["2021-01-01T00:00"], "id": ["b"], "v": pl.Series([127], dtype=pl.Int8)}
    )
    assert ingest(raw).readings["value"].to_list() == [127.0]


def test_an_account_that_does_not_balance_is_an_error() -> None:
    """A lost row is never silent."""
    with pytest.raises(AccountError, match="10 rows came in"):
        Account(rows_in=10, stored=7, duplicates=1, rejected={"off_grid": 1}).check()


def test_an_empty_column_of_times_is_no_mixture() -> None:
    """Nothing to read is not an error here; the stages above say so."""
    empty = pl.DataFrame(schema={"timestamp": pl.String, "sensor_id": pl.String})
    assert to_utc(empty, zone="UTC", what="test")["time"].len() == 0
