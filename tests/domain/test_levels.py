"""Where the level of a sensor changed for good."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.levels import Days, find_shift, level_ratio, summarise_days

DAY = 24
DAYS = 120
HOLD = 7


def sensor(seed=0):
    """A daily wave with noise around 10; its middle half is about 4 wide."""
    generator = np.random.default_rng(seed)
    wave = 3 * np.sin(2 * np.pi * np.arange(DAYS * DAY) / DAY)
    return 10 + wave + generator.normal(scale=0.5, size=DAYS * DAY)


def shift_of(values, first=0):
    """The shift of one sensor."""
    return find_shift(values, summarise_days(values, DAY).levels, DAY, first=first, hold=HOLD)


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)), max_size=60), st.integers(1, 12))
def test_daily_levels_are_medians_of_what_is_known(values, per_day):
    """Whole days from the end, whatever is missing in them."""
    values = np.array(values, dtype=float)
    found = summarise_days(values, per_day).levels
    whole = len(values) // per_day
    assert found.shape == (whole,)
    for day in range(whole):
        stop = len(values) - (whole - 1 - day) * per_day
        known = values[stop - per_day : stop]
        known = known[np.isfinite(known)]
        np.testing.assert_array_equal(found[day], np.median(known) if len(known) else np.nan)


@given(st.integers(HOLD + 1, DAYS - HOLD - 1), st.sampled_from([0.001, 0.02, 60, 1000]))
def test_a_change_of_unit_is_seen_wherever_it_happens(day, factor):
    """The ratio is about the factor, up or down, and the sound sensor beside it has none."""
    values = sensor()
    assert level_ratio(summarise_days(values, DAY), HOLD) < 1.5
    values[day * DAY + 5 :] *= factor
    size = max(factor, 1 / factor)
    assert level_ratio(summarise_days(values, DAY), HOLD) == pytest.approx(size, rel=0.2)


@pytest.mark.parametrize("days", [1, HOLD - 2])
def test_what_does_not_hold_is_no_change_of_unit(days):
    """A few wild days are jumps."""
    values = sensor()
    values[50 * DAY : (50 + days) * DAY] *= 1000
    assert level_ratio(summarise_days(values, DAY), HOLD) < 1.5


def test_one_odd_day_does_not_hide_a_change_of_unit():
    """On either side."""
    levels = np.concatenate([np.ones(HOLD), [30.0], np.full(HOLD, 1000.0)])
    levels[2], levels[-2] = 500.0, 3.0
    assert level_ratio(Days(levels, levels / 5), HOLD) == 1000


def test_a_burst_that_ends_is_no_change_of_unit():
    """The level falls to a hundredth, and the day's wave stays what it was."""
    values = sensor()
    values[: 60 * DAY] += 1000
    assert level_ratio(summarise_days(values, DAY), HOLD) < 3


def test_daily_values_have_no_spread_to_go_by():
    """On a daily grid the level alone tells."""
    values = np.repeat([1.0, 1000.0], 20)
    assert level_ratio(summarise_days(values, 1), HOLD) == 1000


@pytest.mark.parametrize(
    "levels",
    [[], [1.0], [0.0] * 10 + [5.0] * 10, [np.nan] * 30, [0.0] * 30, [1.0] * 6 + [9.0] * 6],
)
def test_where_nothing_can_be_told_the_ratio_is_one(levels):
    """Too few days, or a level of zero: a pump that starts is no change of unit."""
    found = np.array(levels)
    assert level_ratio(Days(found, found / 5), HOLD) == 1


@given(st.integers(20, DAYS - HOLD), st.sampled_from([-40.0, 40.0]))
def test_a_lasting_shift_is_found_with_day_and_levels(day, size):
    """Its day, both levels, and how far it lies outside the usual."""
    values = sensor()
    assert shift_of(values) is None
    values[day * DAY :] += size
    shift = shift_of(values)
    assert shift.start == day
    assert shift.before == pytest.approx(10, abs=0.5)
    assert shift.after == pytest.approx(10 + size, abs=0.5)
    assert 7 < shift.distance < 11


def test_a_shift_that_ends_is_none():
    """The level came back: these days are jumps."""
    values = sensor()
    values[60 * DAY : 90 * DAY] += 40
    assert shift_of(values) is None


def test_a_shift_before_the_recent_weeks_is_history():
    """What lies further back is learned from as it is."""
    values = sensor()
    values[30 * DAY :] += 40
    assert shift_of(values, first=60) is None
    assert shift_of(values, first=20).start == 30


def test_one_odd_day_and_gaps_do_not_hide_a_shift():
    """A day on the old level and missing days leave it standing."""
    values = sensor()
    values[80 * DAY :] += 40
    values[100 * DAY : 101 * DAY] -= 40
    values[85 * DAY : 88 * DAY] = np.nan
    values[3::5] = np.nan
    assert shift_of(values).start == 80


@pytest.mark.parametrize("values", [[], [1.0], np.ones(500), np.full(500, np.nan)])
def test_where_nothing_can_be_told_there_is_no_shift(values):
    """A single value, a flat line, nothing known."""
    assert shift_of(np.array(values, dtype=float)) is None


def test_a_flat_line_has_no_usual_spread_to_leave():
    """The distance of a shift from a constant is not defined."""
    values = np.ones(DAYS * DAY)
    values[100 * DAY :] = 5
    assert shift_of(values) is None
