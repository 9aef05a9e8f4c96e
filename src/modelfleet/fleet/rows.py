"""From one record per sensor to a table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

__all__ = ["table_of"]


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
        elif kind.inner in {pl.Float64, pl.Float32}:
            columns[name] = _lists(name, values, kind)
        else:
            lists = [None if value is None else list(value) for value in values]
            columns[name] = pl.Series(name, lists, dtype=kind)
    return pl.DataFrame(columns, schema=schema)


def _lists(name: str, values: Sequence[Any], kind: pl.DataType) -> pl.Series:
    known = [row for row, value in enumerate(values) if value is not None]
    sizes = [len(values[row]) for row in known]
    if not sum(sizes):
        return pl.Series(name, values, dtype=kind)
    if len(set(sizes)) > 1:
        lists = [None if value is None else list(value) for value in values]
        return pl.Series(name, lists, dtype=kind)
    table = np.stack([np.asarray(values[row], dtype=np.float64) for row in known])
    place = dict(zip(known, range(len(known)), strict=True))
    every = pl.Series([place.get(row) for row in range(len(values))], dtype=pl.UInt32)
    return pl.Series(name, table).gather(every).cast(kind)
