"""Columns of tables as the arrays that ``domain`` decides on."""

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray

__all__ = ["as_floats"]


def as_floats(column: pl.Series) -> FloatArray:
    """A column of numbers, NaN where nothing is known; shape (n,)."""
    return np.asarray(column.cast(pl.Float64).fill_null(float("nan")), dtype=np.float64)
