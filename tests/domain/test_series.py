"""Readings on the grid, and what is put into their holes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.grid import Calendar
from modelfleet.domain.series import Series, carry_forward, seasonal_mean
from tests.strategies import WEEK, changes, make_calendar, make_series, same_bits, sensors

NAN = np.nan
with_holes = st.lists(st.one_of(st.just(NAN), st.floats(-5, 5)), max_size=40).map(np.array)


def test_missing_infinite_and_excluded_steps_are_not_learnable():
    """Nothing is learned from a hole, an overflow or a burst."""
    series = Series(0, np.array([1.0, NAN, np.inf, 4.0]), np.array([False, False, False, True]))
    assert series.learnable.tolist() == [True, False, False, False]


@given(values=with_holes, limit=st.integers(0, 5))
def test_carry_forward_holds_the_last_value_up_to_the_limit(values, limit):
    """A short gap takes the value before it; what is missing for longer stays missing."""
    values = values.astype(float)
    expected = values.copy()
    for here in range(len(values)):
        recent = values[max(here - limit, 0) : here + 1]
        known = recent[np.isfinite(recent)]
        expected[here] = known[-1] if len(known) else NAN
    assert same_bits(carry_forward(values, limit=limit), expected)


@pytest.mark.parametrize("horizon", [1, 24, 167])
@given(sensor=sensors(weeks=5))
def test_seasonal_mean_is_the_mean_of_all_that_was_known(sensor, horizon):
    """Each step gets the mean of its local hour of the week over all values a horizon back."""
    calendar, series = sensor
    here = np.arange(len(calendar))
    shared = calendar.slot[:, None] == calendar.slot[None, :]
    seen = shared & np.isfinite(series.values)[None, :]
    known = seen & (here[None, :] <= here[:, None] - horizon)
    values = np.nan_to_num(series.values)
    with np.errstate(invalid="ignore"):
        expected = known @ values / known.sum(axis=1)
        final = seen @ values / seen.sum(axis=1)
    found = seasonal_mean(series.values, calendar, horizon=horizon)
    np.testing.assert_allclose(found.known, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.final[calendar.slot], final, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("length", [0, 5, WEEK, 5 * WEEK + 30])
def test_a_week_without_a_clock_change_gives_the_same_mean(length):
    """Where no clock is changed weeks are rows of a table, whatever slot the first one begins with;
    to the bit what a calendar gives whose clock changes in the very last step."""
    start = 50
    steady = make_calendar(start + length).window(start, length)
    shift = steady.shift.copy()
    shift[-1:] += 1
    changed = Calendar(steady.grid, steady.first, steady.slot, shift)
    assert steady.is_steady
    assert changed.is_steady == (length == 0)
    values = np.random.default_rng(4).normal(size=length)
    values[::7] = NAN
    found, expected = (seasonal_mean(values, c, horizon=24) for c in (steady, changed))
    assert same_bits(found.known, expected.known)
    assert same_bits(found.final, expected.final)


def test_the_doubled_autumn_hour_does_not_know_its_twin():
    """The second 02:00 of the night lies an hour after the first: too near to be known."""
    autumn = 3 * WEEK + 10
    calendar = make_calendar(5 * WEEK, autumn=autumn)
    assert calendar.slot[autumn] == calendar.slot[autumn - 1]
    values = make_series(calendar).values.copy()
    before = seasonal_mean(values, calendar, horizon=24).known
    values[autumn - 1] += 1000
    after = seasonal_mean(values, calendar, horizon=24).known
    assert before[autumn] == after[autumn]
    assert after[autumn + WEEK] > before[autumn + WEEK] + 100


def test_a_slot_never_seen_has_no_mean():
    """A pattern is not invented for hours without a value."""
    calendar = make_calendar(2 * WEEK)
    values = make_series(calendar).values.copy()
    values[calendar.slot == 5] = NAN
    found = seasonal_mean(values, calendar, horizon=24)
    assert np.flatnonzero(np.isnan(found.final)).tolist() == [5]
    assert np.isnan(found.known[:WEEK]).all()


def test_an_empty_series_has_an_empty_pattern():
    """A sensor without a step breaks nothing."""
    found = seasonal_mean(np.empty(0), make_calendar(0), horizon=24)
    assert len(found.known) == 0
    assert np.isnan(found.final).all()


@given(sensor=sensors(weeks=4), other=changes(4 * WEEK), start=st.integers(0, 4 * WEEK - 1))
def test_seasonal_mean_never_looks_ahead(sensor, other, start):
    """Values from a step on leave everything up to a horizon after it as it was, to the bit."""
    calendar, series = sensor
    changed = np.where(np.arange(len(calendar)) < start, series.values, other)
    before = seasonal_mean(series.values, calendar, horizon=24).known
    after = seasonal_mean(changed, calendar, horizon=24).known
    assert same_bits(before[: start + 24], after[: start + 24])
