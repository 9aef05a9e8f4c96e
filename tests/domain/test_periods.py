"""Stretches of the grid: however they are described, the same steps are the same periods."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.lineage import series_digest
from modelfleet.domain.periods import cut, union
from modelfleet.domain.windows import exclusion_mask

FIRST, LENGTH = 50, 40
VALUES = np.arange(LENGTH, dtype=float)

steps = st.integers(min_value=0, max_value=150)
periods = st.lists(st.tuples(steps, steps), max_size=8)


def mask(found: object) -> list[bool]:
    """Which of the series' steps lie in the periods."""
    real = [(a, b) for a, b in found if a < b]  # type: ignore[attr-defined]
    return exclusion_mask(LENGTH, first=FIRST, periods=real).tolist()


@given(periods)
def test_a_union_has_the_same_steps_in_the_fewest_periods(found: list[tuple[int, int]]) -> None:
    """Sorted, none empty, and a step lies between any two: nothing else has the same steps."""
    joined = union(found)
    assert set().union(*(range(a, b) for a, b in joined)) == {
        step for a, b in found for step in range(a, b)
    }
    assert all(a < b for a, b in joined)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(joined))


@given(periods)
def test_a_cut_has_the_steps_between_two_and_no_others(found: list[tuple[int, int]]) -> None:
    """What lies before and after is gone."""
    inside = cut(found, first=FIRST, stop=FIRST + LENGTH)
    assert mask(inside) == mask(found)
    assert all(a >= FIRST and b <= FIRST + LENGTH for a, b in inside)


@given(periods, periods)
def test_versions_tell_what_is_left_out_and_nothing_else(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    """Two calendars give a sensor one fingerprint just when they leave out the same of its steps.

    So an event before its first reading or after its last changes nothing, nor does one that is
    empty or lies within others; and two that overlap are their union.
    """
    digests = {series_digest(FIRST, VALUES, each) for each in (one, other)}
    assert (len(digests) == 1) == (mask(one) == mask(other))
    assert series_digest(FIRST, VALUES, union([*one, *other])) == series_digest(
        FIRST, VALUES, [*other, *one]
    )
