"""Columns of tables as the arrays that ``domain`` decides on."""

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray

__all__ = ["as_days", "as_floats", "as_matrix"]

MICROSECONDS_PER_DAY = 24 * 3600 * 1_000_000


def as_floats(column: pl.Series) -> FloatArray:
    """A column of numbers, NaN where nothing is known; shape (n,)."""
    return np.asarray(column.cast(pl.Float64).fill_null(float("nan")), dtype=np.float64)


def as_days(times: pl.Series) -> FloatArray:
    """A column of times in days since 1970, NaN where nothing is known; shape (n,)."""
    return as_floats(times.dt.epoch("us")) / MICROSECONDS_PER_DAY


def as_matrix(lists: pl.Series, width: int) -> FloatArray:
    """A column of lists of ``width`` numbers; NaN for what is null; shape (n, width).

    A list of another length is as good as none.
    """
    table = np.full((len(lists), width), np.nan)
    fits = (lists.list.len() == width).fill_null(value=False)
    if fits.any():
        table[fits.to_numpy()] = as_floats(lists.filter(fits).explode()).reshape(-1, width)
    return table
