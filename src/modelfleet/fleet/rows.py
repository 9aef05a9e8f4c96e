"""From one record per sensor to a table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

__all__ = ["table_of"]

NUMBERS: Mapping[Any, Any] = {
    pl.Float64(): np.float64,
    pl.Float32(): np.float32,
    pl.Int32(): np.int32,
    pl.Int64(): np.int64,
}
"""Of lists of which numbers whole arrays are laid out."""


def table_of(rows: Sequence[Mapping[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    """A table with one row per record, null where a record does not name a column.

    Lists of numbers may be arrays: they are laid out flat, never as one Python object per number,
    which for traces and patterns would take as long as a fit.
    """
    columns = {}
    for name, kind in schema.items():
        values = [row.get(name) for row in rows]
        if not isinstance(kind, pl.List):
            columns[name] = pl.Series(name, values, dtype=kind)
        elif kind.inner in NUMBERS:
            columns[name] = _lists(name, values, kind)
        else:
            lists = [None if value is None else list(value) for value in values]
            columns[name] = pl.Series(name, lists, dtype=kind)
    return pl.DataFrame(columns, schema=schema)


def _lists(name: str, values: Sequence[Any], kind: pl.List) -> pl.Series:
    known = [value for value in values if value is not None]
    sizes = {len(value) for value in known}
    if sizes <= {0}:
        return pl.Series(name, values, dtype=kind)
    if len(sizes) > 1:
        lists = [None if value is None else list(value) for value in values]
        return pl.Series(name, lists, dtype=kind)
    table = np.empty((len(known), sizes.pop()), dtype=NUMBERS[kind.inner])
    for row, value in zip(table, known, strict=True):
        row[:] = value
    column = pl.Series(name, table).cast(kind)
    if len(known) == len(values):
        return column
    places = np.cumsum([value is not None for value in values]) - 1
    every = [None if v is None else int(p) for v, p in zip(values, places, strict=True)]
    return column.gather(pl.Series(every, dtype=pl.UInt32))
