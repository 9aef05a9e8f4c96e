"""Which of several forecasters erred least, on the same hours for all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.choice import choose, compare

NAN = float("nan")
numbers = st.sampled_from([0.0, 0.5, 1.0, 3.0, -2.0, 1e308, NAN, float("inf")])


@st.composite
def races(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Readings and the forecasts of some contenders, with holes and ties."""
    steps, contenders = draw(st.integers(0, 6)), draw(st.integers(1, 5))
    row = st.lists(numbers, min_size=steps, max_size=steps)
    actual = np.array(draw(row), dtype=np.float64)
    told = [draw(row) for _ in range(contenders)]
    return actual, np.array(told, dtype=np.float64).reshape(contenders, steps)


def able(actual, forecasts):
    """Who forecasts any of the readings."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(forecasts - actual).any(axis=1)


def test_the_least_error_wins():
    """By the mean absolute error, in the unit of the readings."""
    choice = choose(np.zeros(4), np.array([[2.0] * 4, [1.0] * 4, [0, 0, 0, 6.0]]))
    np.testing.assert_array_equal(choice.loss, [2.0, 1.0, 1.5])
    assert choice.order == (1, 2, 0)


def test_all_are_compared_on_the_same_hours():
    """Who keeps silent when it is hard gains nothing by it."""
    choice = choose(np.zeros(3), np.array([[1.0, 1.0, 90.0], [1.5, 1.5, NAN]]))
    np.testing.assert_array_equal(choice.loss, [1.0, 1.5])


def test_who_forecasts_nothing_comes_last_and_takes_no_hours_away():
    """Unless nobody forecasts anything: then the first is the best."""
    silent = [NAN, NAN]
    choice = choose(np.zeros(2), np.array([silent, [5.0, 5.0]]))
    np.testing.assert_array_equal(choice.loss, [NAN, 5.0])
    assert choice.order == (1, 0)
    assert choose(np.zeros(2), np.array([silent, silent])).order == (0, 1)


def test_without_a_shared_hour_the_first_that_forecasts_is_taken():
    """There is no figure then, and no reason to take one that says nothing."""
    choice = choose(np.zeros(2), np.array([[NAN, NAN], [1.0, NAN], [NAN, 0.0]]))
    assert np.isnan(choice.loss).all()
    assert choice.order == (1, 2, 0)


@pytest.mark.parametrize("contenders", [2, 3, 9])
def test_the_first_wins_a_tie(contenders):
    """However many there are."""
    same = np.tile([1.0, 2.0, NAN], (contenders, 1))
    assert choose(np.zeros(3), same).order == tuple(range(contenders))


@given(race=races(), data=st.data())
def test_another_order_of_the_contenders_changes_ties_only(race, data):
    """Losses go along with their contender to the bit; another winner has the same loss."""
    actual, forecasts = race
    order = data.draw(st.permutations(range(len(forecasts))))
    before, after = choose(actual, forecasts), choose(actual, forecasts[order])
    np.testing.assert_array_equal(after.loss, before.loss[order])
    old, new = before.order[0], order[after.order[0]]
    some = able(actual, forecasts)
    assert old == new or (
        some[old] == some[new]
        and np.array_equal(before.loss[old], before.loss[new], equal_nan=True)
    )


@given(race=races())
def test_everybody_gets_a_place(race):
    """Once, whatever the numbers; nobody without a forecast comes before one with some."""
    actual, forecasts = race
    choice = choose(actual, forecasts)
    assert sorted(choice.order) == list(range(len(forecasts)))
    some = able(actual, forecasts)[list(choice.order)].tolist()
    assert sorted(some, reverse=True) == some


@given(race=races(), sensors=st.integers(1, 3))
def test_races_side_by_side_end_as_each_alone(race, sensors):
    """To the bit, whatever is raced beside it."""
    actual, forecasts = race
    shifts = np.arange(sensors)[:, None]
    loss, order = compare(actual + shifts, forecasts[:, None, :] + 0.5 * shifts)
    for row in range(sensors):
        alone = choose(actual + row, forecasts + 0.5 * row)
        assert loss[:, row].tobytes() == alone.loss.tobytes()
        assert tuple(order[:, row].tolist()) == alone.order
