"""A design matrix of which the calendar's columns are written out for one week only."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.columns import Columns
from tests.strategies import same_bits


@st.composite
def columns(draw: st.DrawFn) -> Columns:
    """Up to thirty rows, with the weekly columns before, after and between the others."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    laid, weekly, rows = draw(st.integers(0, 4)), draw(st.integers(0, 3)), draw(st.integers(0, 30))
    return Columns(
        rng.normal(size=(laid, rows)),
        rng.normal(size=(weekly, 7)),
        rng.integers(0, 7, size=rows),
        place=draw(st.integers(0, laid)),
    )


@given(columns())
def test_it_stands_for_a_matrix(columns):
    """Each row has what is laid out for it, and what its slot shows."""
    matrix, place = columns.values, columns.place
    assert matrix.shape == (len(columns), columns.width)
    for row, slot in enumerate(columns.slot):
        own = columns.laid[:, row]
        assert matrix[row].tolist() == [*own[:place], *columns.weekly[:, slot], *own[place:]]
    assert same_bits(Columns.of(matrix).values, matrix)


@given(columns(), st.data())
def test_some_rows_are_rows_of_the_matrix(columns, data):
    """Picked one by one, or as a stretch."""
    rows = data.draw(st.lists(st.integers(0, len(columns) - 1))) if len(columns) else []
    positions = np.array(rows, dtype=np.int64)
    assert same_bits(columns.take(positions).values, columns.values[positions])
    start = data.draw(st.integers(0, len(columns)))
    stop = data.draw(st.integers(start, len(columns)))
    assert same_bits(columns.stretch(slice(start, stop)).values, columns.values[start:stop])


@given(columns())
def test_what_belongs_to_columns_is_split_and_joined_in_their_order(columns):
    """Coefficients, for one, stand in the order of the matrix."""
    each = np.arange(columns.width, dtype=np.float64)
    laid, weekly = columns.split(each)
    assert (len(laid), len(weekly)) == (len(columns.laid), len(columns.weekly))
    assert same_bits(columns.join(laid, weekly), each)
