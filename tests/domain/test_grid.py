"""The time axis, and what local clocks show along it."""

import numpy as np
import pytest

from modelfleet.domain.grid import Calendar, Grid
from tests.strategies import WEEK, make_calendar


@pytest.mark.parametrize("minutes", [-60, 0, 7, 1441])
def test_a_step_must_divide_a_day(minutes):
    """A grid that drifts against the day has no weekly pattern."""
    with pytest.raises(ValueError, match=f"a step of {minutes} minutes does not divide a day"):
        Grid(minutes)


def test_steps_count_days_weeks_and_hours():
    """Spans in steps are spans in time, whatever the frequency."""
    quarter = Grid(15)
    assert (quarter.per_day, quarter.per_week, quarter.hours(6)) == (96, 672, 1.5)


@pytest.mark.parametrize("weeks", [1, 2, 4])
def test_without_clock_changes_a_week_back_is_a_week(weeks):
    """In UTC the same hour lies a whole number of weeks back, and nothing lies before the start."""
    back = make_calendar(6 * WEEK).weeks_back(weeks)
    assert (back[weeks * WEEK :] == np.arange((6 - weeks) * WEEK)).all()
    assert (back[: weeks * WEEK] < 0).all()


@pytest.mark.parametrize("weeks", [1, 2, 3])
@pytest.mark.parametrize(
    "changes", [{"spring": 500}, {"autumn": 500}, {"spring": 400, "autumn": 700}]
)
def test_weeks_back_shows_the_same_local_time(changes, weeks):
    """Monday 08:00 stays Monday 08:00 on the wall clock, before and after a clock change."""
    calendar = make_calendar(6 * WEEK, **changes)
    local = np.arange(len(calendar)) + calendar.shift
    back = calendar.weeks_back(weeks)
    for here in np.flatnonzero(back >= 0):
        wanted = np.flatnonzero(local == local[here] - weeks * WEEK)
        if len(wanted):
            assert back[here] in wanted
        else:  # the hour that was skipped in spring: a neighbour stands in for it
            assert abs(local[back[here]] - (local[here] - weeks * WEEK)) == 1


def test_weeks_back_reaches_one_step_nearer_in_spring_at_most():
    """Weekly lags keep their distance: no horizon below 167 hours is undercut."""
    calendar = make_calendar(6 * WEEK, spring=400, autumn=700)
    back = calendar.weeks_back(1)
    known = back >= 0
    distance = (np.arange(len(calendar)) - back)[known]
    assert set(distance) == {WEEK - 1, WEEK, WEEK + 1}


def test_a_window_is_the_same_stretch_of_the_calendar():
    """A sensor's calendar shows what the fleet's shows at the same grid indices."""
    whole = make_calendar(3 * WEEK, spring=200, first=1000)
    part = whole.window(1150, 100)
    assert (part.first, len(part)) == (1150, 100)
    assert (part.slot == whole.slot[150:250]).all()
    assert (part.shift == whole.shift[150:250]).all()


@pytest.mark.parametrize(("first", "length"), [(999, 10), (1100, 69)])
def test_a_window_beyond_the_calendar_is_refused(first, length):
    """Rather an error than a calendar that is silently too short."""
    calendar = Calendar(
        Grid(60), 1000, np.zeros(168, dtype=np.int64), np.zeros(168, dtype=np.int64)
    )
    with pytest.raises(ValueError, match="outside the calendar"):
        calendar.window(first, length)
