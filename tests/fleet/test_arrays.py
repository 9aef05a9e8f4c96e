"""Columns as arrays."""

import numpy as np
import polars as pl
import pytest

from modelfleet.fleet.arrays import as_floats


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pl.Series([1.5, None, float("nan")]), [1.5, np.nan, np.nan]),
        (pl.Series([7, None]), [7.0, np.nan]),
        (pl.Series([True, None, False]), [1.0, np.nan, 0.0]),
        (pl.Series([None, None]), [np.nan, np.nan]),
        (pl.Series([], dtype=pl.Int64), []),
    ],
)
def test_what_is_not_known_is_nan(column: pl.Series, expected: list[float]) -> None:
    """Whatever the column holds, and where it holds nothing at all."""
    found = as_floats(column)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)
