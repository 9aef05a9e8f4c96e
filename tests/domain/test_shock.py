"""A week that is unusual for the whole fleet."""

import numpy as np
import pytest

from modelfleet.domain.shock import find_shock

LATER = np.arange(12) >= 8
ALL = np.ones(12, dtype=bool)


def fleet(*, sensors=200, weeks=12, seed=0):
    """Independent noise around each sensor's own level."""
    rng = np.random.default_rng(seed)
    return rng.normal(5, 3, size=(sensors, 1)) + rng.normal(size=(sensors, weeks))


def shock_of(values, recent=LATER, **changed):
    """The shock, by the usual settings."""
    return find_shock(values, recent, **{"min_reference_weeks": 8, "min_sensors": 10} | changed)


@pytest.mark.parametrize("recent", [LATER, ALL], ids=["later", "first"])
def test_a_quiet_fleet_is_within_its_range(recent):
    """Noise of single sensors is not the fleet's."""
    assert shock_of(fleet(), recent).median < 1


@pytest.mark.parametrize("recent", [LATER, ALL], ids=["later", "first"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_common_shock_is_found_in_its_week(recent, sign):
    """Three standard deviations up or down, also where no earlier weeks say what is usual."""
    values = fleet()
    values[:, 9] += sign * 3
    values[:, 11] += sign * 3
    found = shock_of(values, recent)
    assert found.week in {9, 11}
    assert found.median > 2.5
    assert found.second > 2.5
    assert 100 < len(found.beyond(2.5)) < 200
    assert np.all(np.diff(found.deviation[found.beyond(2.5)]) <= 0)


def test_deviation_by_hand():
    """|value - mean| / standard deviation of the weeks before."""
    values = np.r_[[1.0, 3.0] * 4, 9.0, 2, 2, 2]
    found = shock_of(np.tile(values, (10, 1)))
    assert found.week == 8
    assert found.median == pytest.approx(7 / np.std([1, 3] * 4, ddof=1))
    assert found.second == 0


def test_an_old_shock_is_over():
    """Weeks before the live release were looked at then."""
    values = fleet()
    values[:, 2] += 5
    assert shock_of(values).median < 2


def test_a_few_sensors_do_not_speak_for_a_fleet():
    """Below ten sensors, or without any week, there is no median and no shock."""
    values = fleet(sensors=9)
    values[:, 9] += 9
    found = shock_of(values)
    assert (found.week, len(found.beyond(0))) == (-1, 0)
    assert np.isnan(found.median)
    assert shock_of(fleet(), np.zeros(12, dtype=bool)).week == -1
    assert shock_of(np.empty((0, 12)), ALL).week == -1
    assert shock_of(np.empty((20, 0)), np.zeros(0, dtype=bool)).week == -1


def test_unknown_weeks_and_constant_sensors_have_no_say():
    """Gaps are left out; a sensor that never varies cannot leave its range."""
    values = fleet()
    values[:50] = 1.0
    values[50:100, :6] = np.nan
    found = shock_of(values)
    assert np.isnan(found.deviation[:100]).all()
    assert np.isfinite(found.deviation[100:]).all()
    assert np.isfinite(shock_of(values, ALL).median)


def test_one_recent_week_has_no_second():
    """A week after the last run there is one week to look at."""
    found = shock_of(fleet(), np.arange(12) == 11)
    assert found.week == 11
    assert np.isnan(found.second)
