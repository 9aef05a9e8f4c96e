"""At the door of the catalog: a table that is not what its entry says is refused, and why."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from kedro.io import DataCatalog
from kedro.validation.exceptions import DataValidationError

from modelfleet.domain.errors import ConfigurationError, SchemaError
from modelfleet.stores.validators import ReadingsValidator, RecordValidator, TableValidator
from tests.fleet.engine.tasks import FrameSource

REMEDY = "correct the file"
TIME = datetime(2021, 1, 1, tzinfo=UTC)
TABLE = pl.DataFrame({"id": ["a", "b"], "n": [1, None], "at": [TIME, TIME]})
ASKED = {"id": "text", "n": "number", "at": "time"}


@pytest.mark.parametrize("table", [TABLE, TABLE.lazy(), TABLE.to_pandas()], ids=type)
def test_a_table_in_order_is_handed_on_as_it_is(table: Any) -> None:
    """Whatever library it is of; a further column is no fault."""
    check = TableValidator(
        remedy=REMEDY, columns={"id": "text", "n": "number"}, filled=["id"], unique=["id"]
    )
    assert check.validate(table) is table


@pytest.mark.parametrize(
    ("options", "table", "message"),
    [
        ({"columns": {"x": "text", "y": "text"}}, TABLE,
         "column 'x', 'y' is missing, there are 'id', 'n', 'at'; correct the file"),
        ({"columns": {"x": "text"}}, TABLE.lazy(), "column 'x' is missing"),
        ({"columns": {"id": "number", "n": "text"}}, TABLE,
         "column 'id' is String, not a number; column 'n' is Int64, not text"),
        ({"columns": {"at": "time"}}, TABLE.with_columns(pl.col("at").dt.replace_time_zone(None)),
         "column 'at' is Datetime.*, not a time in UTC"),
        ({"columns": {"n": "integer"}}, TABLE.cast({"n": pl.Float64}), "not a whole number"),
        ({"columns": {"n": "flag"}}, TABLE, "column 'n' is Int64, not true or false"),
        ({"filled": ["n"]}, TABLE, r"column 'n' has no value in rows 1 \(row 0 is the first\)"),
        ({"filled": ["n"]}, pl.DataFrame({"n": [None] * 12}), "rows 0, 1, .*, 9 and 2 more"),
        ({"unique": ["at"]}, TABLE, "2 rows share their at, such as datetime.* in rows 0, 1 "),
        ({"unique": ["id", "n"]}, pl.DataFrame({"id": ["a", "b", "a"], "n": [None, 1, None]}),
         "2 rows share their id and n, such as 'a', None in rows 0, 2 "),
        ({"min_rows": 3}, TABLE, "it has 2 rows, fewer than 3"),
        ({}, pd.DataFrame([[1, 2, 3]], columns=["a", "a", None]),
         "column 3 of 3 has no name; column 'a' stands more than once; correct the file"),
        ({}, [1, 2], "it is a list, no table"),
    ],
)  # fmt: skip
def test_every_fault_is_named(options: dict[str, Any], table: Any, message: str) -> None:
    """With its columns, its rows and the remedy."""
    with pytest.raises(SchemaError, match=message):
        TableValidator(remedy=REMEDY, **options).validate(table)


def test_all_faults_of_a_table_are_named_together() -> None:
    """Nobody mends one to be told of the next."""
    check = TableValidator(remedy=REMEDY, columns={"x": "text"}, filled=["n"], min_rows=9)
    with pytest.raises(SchemaError, match=r"is missing.*fewer than 9.*no value in rows 1"):
        check.validate(TABLE)


def test_a_column_without_any_value_is_of_every_kind() -> None:
    """A file cannot say of which kind nothing is."""
    empty = pl.DataFrame({name: [None] for name in ASKED})
    TableValidator(remedy=REMEDY, columns=ASKED).validate(empty)


def test_a_kind_that_does_not_exist_is_a_configuration_error() -> None:
    """It names those that do."""
    for make in (TableValidator, ReadingsValidator):
        with pytest.raises(ConfigurationError, match="asks for 'float'; the kinds are 'text'"):
            make(remedy=REMEDY, columns={"n": "float"})


def test_a_record_has_its_entries() -> None:
    """As JSON holds it."""
    check = RecordValidator(remedy=REMEDY, entries={"first": "integer", "zone": "text"})
    record = {"first": 1, "zone": "UTC", "more": [1, 2]}
    assert check.validate(record) is record
    with pytest.raises(SchemaError, match="entry 'zone' is missing, there are 'first'; correct"):
        check.validate({"first": 1})
    with pytest.raises(SchemaError, match="entry 'first' is Float64, not a whole number"):
        check.validate({"first": 1.5, "zone": "UTC"})
    with pytest.raises(SchemaError, match="it is a list, no record"):
        check.validate([1])


COLUMNS = {"shard": "integer", "sensor_id": "text", "timestamp": "time", "value": "number"}


def readings(**columns: list[Any]) -> FrameSource:
    """Readings of two sensors in one shard, but for what is changed."""
    times = [datetime(2021, 1, 1, hour, tzinfo=UTC) for hour in (0, 1)] * 2
    base = {"shard": [3] * 4, "sensor_id": ["a", "a", "b", "b"], "timestamp": times}
    return FrameSource({3: pl.DataFrame({**base, "value": [1.0, None, 2.0, 3.0], **columns})})


def test_readings_in_order_are_handed_on() -> None:
    """A missing value is in order."""
    source = readings()
    assert ReadingsValidator(remedy=REMEDY, columns=COLUMNS).validate(source) is source


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"value": ["1"] * 4}, "column 'value' is String, not a number"),
        ({"value": [1.0, float("nan"), float("inf"), 2.0]}, "2 rows are not finite; correct"),
        ({"sensor_id": [None, "a", "b", "b"]}, "1 rows have no sensor"),
        ({"timestamp": [None, TIME, TIME, None]}, "2 rows have no time"),
        ({"timestamp": [datetime(2021, 1, 1, 0, 0, s, tzinfo=UTC) for s in range(4)]},
         "3 rows miss a whole 1 min"),
        ({"timestamp": [TIME] * 4}, "4 rows of shard 3 share sensor and time with another"),
        ({"sensor_id": ["b", "b", "a", "a"]}, "shard 3 is not sorted by sensor and time"),
    ],
)  # fmt: skip
def test_every_fault_of_readings_is_counted(columns: dict[str, Any], message: str) -> None:
    """There may be millions of rows: they are counted, not listed."""
    with pytest.raises(SchemaError, match=message):
        ReadingsValidator(remedy=REMEDY, columns=COLUMNS).validate(readings(**columns))


def test_a_fleet_may_ask_for_its_own_step() -> None:
    """Of an hourly fleet no reading stands at a quarter past."""
    quarters = [datetime(2021, 1, 1, 0, m, tzinfo=UTC) for m in (0, 15, 30, 45)]
    check = ReadingsValidator(remedy=REMEDY, columns=COLUMNS, step_minutes=60)
    with pytest.raises(SchemaError, match="3 rows miss a whole 60 min"):
        check.validate(readings(timestamp=quarters))


def test_kedro_asks_at_the_door_and_names_the_asset(tmp_path: Path) -> None:
    """On save nothing is written; the error carries ours, which a run shows."""
    entry = {
        "type": "modelfleet.stores.tables.ParquetTableDataset",
        "filepath": str(tmp_path / "sensors.parquet"),
        "validator": {
            "class": "modelfleet.stores.validators.TableValidator",
            "options": {"unique": ["id"], "remedy": REMEDY},
        },
    }
    catalog = DataCatalog.from_config({"sensors": entry})
    with pytest.raises(DataValidationError) as caught:
        catalog.save("sensors", pd.DataFrame({"id": ["a", "a"]}))
    assert caught.value.dataset_name == "sensors"
    assert isinstance(caught.value.__cause__, SchemaError)
    assert not list(tmp_path.iterdir())
