"""The median of the same local hour over the last weeks."""

import warnings

import numpy as np
import pytest
from hypothesis import given

from modelfleet.domain.baselines import HourOfWeekMedian, SensorFacts
from tests.strategies import sensors


@pytest.mark.parametrize("weeks", [1, 3, 4])
@given(sensor=sensors(weeks=7))
def test_it_is_the_median_of_what_is_known(weeks, sensor):
    """Missing and excluded weeks are left out, however many remain."""
    calendar, series = sensor
    known = np.where(series.learnable, series.values, np.nan)
    back = np.stack([calendar.weeks_back(k) for k in range(1, weeks + 1)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an empty slice has no median
        expected = np.nanmedian(np.where(back >= 0, known[back], np.nan), axis=0)
    found = HourOfWeekMedian(weeks).forecast(series, calendar, SensorFacts(), horizon=24)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
