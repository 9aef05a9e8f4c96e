"""Which sensors look as if two of them had been exchanged."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.swaps import NOBODY, find_swaps

NAN = np.nan


def swaps(before, after, start=None, apart=7):
    """Partners and mismatches, changes on one day unless told."""
    when = np.zeros(len(before)) if start is None else np.array(start, dtype=float)
    return find_swaps(
        np.array(before, dtype=float), np.array(after, dtype=float), when, apart=apart
    )


def test_two_sensors_that_took_over_each_others_level_are_partners():
    """The third, whose level changed as well, is nobody's partner that fits."""
    found = swaps([10, 50, 30], [50.5, 10.2, 90])
    assert found.partner[:2].tolist() == [1, 0]
    assert (found.mismatch[:2] < 0.02).all()
    assert found.mismatch[2] > 0.5


def test_changes_at_different_times_are_no_swap():
    """Weeks apart it is chance."""
    found = swaps([10, 50], [50, 10], start=[0, 20])
    assert found.partner.tolist() == [NOBODY, NOBODY]
    assert np.isinf(found.mismatch).all()


def test_sensors_that_moved_together_are_no_swap():
    """All pressures rise when the pump is turned up."""
    assert (swaps([10, 11, 12], [20, 21, 22]).mismatch > 0.9).all()


def test_nobody_and_one_have_no_partner():
    """Nor has a sensor whose level did not change."""
    assert swaps([], []).partner.shape == (0,)
    assert swaps([1, NAN, 3], [2, NAN, 3]).partner.tolist() == [NOBODY] * 3


@given(
    st.lists(st.integers(0, 10**6), min_size=4, max_size=40, unique=True),
    st.randoms(use_true_random=False),
)
def test_a_swap_is_found_among_many_that_moved(levels, random):
    """Whatever the other sensors do, and wherever the two stand."""
    before = [1e7, 2e7, *map(float, levels)]
    after = [2e7, 1e7, *(float(level) + 7 for level in levels)]
    order = list(range(len(before)))
    random.shuffle(order)
    found = swaps([before[i] for i in order], [after[i] for i in order])
    one, other = order.index(0), order.index(1)
    assert (found.partner[one], found.partner[other]) == (other, one)
    assert found.mismatch[one] == found.mismatch[other] == 0
    rest = np.delete(found.mismatch, [one, other])
    assert (rest > 0.25).all()
