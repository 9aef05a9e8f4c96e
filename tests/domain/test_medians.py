"""Medians across a few arrays, position by position."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.medians import median_of_known, median_of_rows
from tests.strategies import same_bits


@st.composite
def tables(draw):
    """A few rows, some of whose values are missing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    values = rng.normal(size=(draw(st.integers(1, 9)), 50)).round(1)
    values[rng.random(values.shape) < draw(st.sampled_from([0.0, 0.3, 0.9]))] = np.nan
    return values


@given(rows=tables())
def test_the_median_of_rows_is_numpys(rows):
    """To the bit, and missing where any value is."""
    assert same_bits(median_of_rows(rows), np.median(rows, axis=0))


@pytest.mark.filterwarnings("ignore:All-NaN")
@given(rows=tables())
def test_the_median_of_the_known_leaves_missing_ones_out(rows):
    """A column without any value has no median."""
    assert same_bits(median_of_known(rows), np.nanmedian(rows, axis=0))
