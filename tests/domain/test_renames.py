"""Which sensors look as if they went on under another id."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.renames import find_successors
from modelfleet.domain.swaps import NOBODY

NAN = np.nan


def successors(began, stopped, level, kind=None, spread=2.0):
    """Successors, all of one kind unless told."""
    codes = np.zeros(len(began), dtype=np.int64) if kind is None else np.array(kind)
    return find_successors(
        *(np.array(each, dtype=float) for each in (began, stopped, level)),
        np.full(len(began), spread),
        codes,
        apart=7,
    ).tolist()


def test_the_nearest_level_goes_on():
    """Of two that began in time, the one of the same level; and of two that stopped."""
    assert successors([NAN, 10, 10], [9, NAN, NAN], [20, 21.5, 20.5]) == [2, NOBODY, NOBODY]
    assert successors([10, NAN, NAN], [NAN, 9, 9], [20, 21.5, 20.5]) == [NOBODY, NOBODY, 0]


def test_another_level_kind_or_time_is_no_sign():
    """Unknown kinds fit any."""
    assert successors([NAN, 10], [9, NAN], [20, 22]) == [NOBODY, NOBODY]
    assert successors([NAN, 10], [9, NAN], [20, 20], kind=[0, 1]) == [NOBODY, NOBODY]
    assert successors([NAN, 10], [9, NAN], [20, 20], kind=[0, -1]) == [1, NOBODY]
    assert successors([NAN, 17], [9, NAN], [20, 20]) == [NOBODY, NOBODY]
    assert successors([NAN, 8], [9, NAN], [20, 20]) == [NOBODY, NOBODY]
    assert successors([], [], []) == []


moments = st.one_of(st.just(NAN), st.integers(0, 20).map(float))


@given(st.lists(st.tuples(moments, moments, st.integers(0, 9)), max_size=12))
def test_a_successor_has_one_predecessor(sensors):
    """Whatever comes in, nobody takes over from two, and only what began after it stopped."""
    began, stopped, level = (
        (list(column) for column in zip(*sensors, strict=True)) if sensors else ([],) * 3
    )
    found = successors(began, stopped, level)
    taken = [later for later in found if later != NOBODY]
    assert len(taken) == len(set(taken))
    for before, after in enumerate(found):
        if after != NOBODY:
            assert 0 < began[after] - stopped[before] <= 7
            assert abs(level[after] - level[before]) < 2
