"""The value of the same local hour last week."""

import numpy as np

from modelfleet.domain.baselines import SensorFacts, WeeklyNaive
from modelfleet.domain.series import Series
from tests.strategies import WEEK, make_calendar


def test_a_missing_week_is_asked_of_the_week_before():
    """It falls back week by week, and knows nothing beyond its reach."""
    values = np.repeat([1.0, 2.0, 3.0, 4.0, np.nan], WEEK)
    values[3 * WEEK + 5] = np.nan  # last week
    values[[2 * WEEK + 6, 3 * WEEK + 6]] = np.nan  # two weeks
    values[[WEEK + 7, 2 * WEEK + 7, 3 * WEEK + 7]] = np.nan  # three
    series = Series(0, values, np.zeros(len(values), dtype=bool))
    found = WeeklyNaive(weeks=3).forecast(
        series, make_calendar(len(values)), SensorFacts(), horizon=24
    )
    np.testing.assert_array_equal(found[4 * WEEK + 4 : 4 * WEEK + 8], [4.0, 3.0, 2.0, np.nan])
