"""Checks of tables and records."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import polars as pl

from modelfleet.domain.errors import listing
from modelfleet.fleet.tables import from_pandas
from modelfleet.stores.validators.columns import known_kinds, misnamed, refuse, wrong_columns

__all__ = ["RecordValidator", "TableValidator"]


class TableValidator:
    """A table with the right columns and keys.

    Args:
        remedy: ends the error; says what to do.
        columns: names of columns that must be there, each with its kind: ``text``, ``number``,
            ``integer``, ``flag`` or ``time``. A column without any value is of every
            kind, and further columns may follow.
        filled: columns in which no value may be missing.
        unique: columns that together name a row: no two rows are equal in all of them.
        min_rows: how many rows there must be.

    Every column has a name, and no two the same. Of a lazy table only the columns are looked at.
    """

    def __init__(
        self,
        *,
        remedy: str,
        columns: Mapping[str, str] | None = None,
        filled: Sequence[str] = (),
        unique: Sequence[str] = (),
        min_rows: int = 0,
    ) -> None:
        self._remedy = remedy
        self._columns = known_kinds(columns or {})
        self._filled = tuple(filled)
        self._unique = list(unique)
        self._min_rows = min_rows

    def validate(self, data: Any) -> Any:
        """Check a pandas or Polars table, and hand it on as it is.

        Raises:
            SchemaError: names every problem with its columns and rows, ten of each at most.
        """
        refuse(self._problems(data), self._remedy)
        return data

    def _problems(self, data: Any) -> Iterator[str]:
        if not isinstance(data, pd.DataFrame | pl.DataFrame | pl.LazyFrame):
            yield f"it is a {type(data).__name__}, no table"
            return
        names = list(data.collect_schema() if isinstance(data, pl.LazyFrame) else data.columns)
        if unclear := list(misnamed(names)):
            yield from unclear
            return
        table = from_pandas(data) if isinstance(data, pd.DataFrame) else data
        yield from wrong_columns(self._columns, table.collect_schema())
        if isinstance(table, pl.DataFrame):
            yield from self._wrong_rows(table)

    def _wrong_rows(self, table: pl.DataFrame) -> Iterator[str]:
        if table.height < self._min_rows:
            yield f"it has {table.height} rows, fewer than {self._min_rows}"
        for column in self._filled:
            if column in table.columns and table[column].null_count():
                rows = table.with_row_index("#").filter(pl.col(column).is_null())["#"]
                yield f"column {column!r} has no value in rows {listing(rows)} (row 0 is the first)"
        if self._unique and set(self._unique) <= set(table.columns):
            yield from _repeated(table.with_row_index("#"), self._unique)


class RecordValidator:
    """A record, such as a JSON object, with the right entries.

    Args:
        remedy: ends the error; says what to do.
        entries: keys that must be there, each with the kind of its value.
    """

    def __init__(self, *, remedy: str, entries: Mapping[str, str]) -> None:
        self._remedy = remedy
        self._entries = known_kinds(entries)

    def validate(self, data: Any) -> Any:
        """Check a record, and hand it on as it is.

        Raises:
            SchemaError: names every problem.
        """
        if not isinstance(data, Mapping):
            refuse([f"it is a {type(data).__name__}, no record"], self._remedy)
        row = pl.DataFrame({key: [value] for key, value in data.items()}, strict=False)
        refuse(wrong_columns(self._entries, row.schema, "entry"), self._remedy)
        return data


def _repeated(table: pl.DataFrame, unique: list[str]) -> Iterator[str]:
    shared = table.filter(pl.struct(unique).is_duplicated())
    if shared.height:
        first = shared.filter(
            *(pl.col(name).eq_missing(pl.lit(shared[name][0])) for name in unique)
        )
        value = ", ".join(repr(part) for part in first.select(unique).row(0))
        yield (
            f"{shared.height} rows share their {' and '.join(unique)}, such as {value} in rows "
            f"{listing(first['#'])} (row 0 is the first)"
        )
