"""What every registered baseline promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.baselines import BASELINES, SensorFacts, make_baseline
from tests.strategies import WEEK, changes, make_calendar, make_series, same_bits, sensors

FACTS = SensorFacts(rule_value=7.0)
LENGTH = 7 * WEEK

pytestmark = pytest.mark.parametrize("name", BASELINES)


@pytest.mark.parametrize("length", [0, 1, WEEK, LENGTH])
def test_one_forecast_per_step(name, length):
    """Shape (n,), in floating point, for series of any length."""
    calendar = make_calendar(length)
    forecast = make_baseline(name, weeks=4).forecast(
        make_series(calendar), calendar, FACTS, horizon=24
    )
    assert (forecast.shape, forecast.dtype) == ((length,), np.float64)


@given(sensor=sensors(weeks=7))
def test_nan_where_nothing_is_known(name, sensor):
    """Without a reading and without a rule there is no forecast: never zero, never a guess."""
    calendar, series = sensor
    silent = replace(series, values=np.full(LENGTH, np.nan))
    forecast = make_baseline(name, weeks=4).forecast(silent, calendar, SensorFacts(), horizon=24)
    assert np.isnan(forecast).all()


@pytest.mark.parametrize("horizon", [1, 24, 167])
@given(sensor=sensors(weeks=7), other=changes(LENGTH), start=st.integers(0, LENGTH - 1))
def test_nothing_within_the_horizon_is_known(name, horizon, sensor, other, start):
    """A value at or after t - horizon + 1 never changes the forecast of t, to the bit."""
    calendar, series = sensor
    baseline = make_baseline(name, weeks=4)
    changed = replace(series, values=np.where(np.arange(LENGTH) < start, series.values, other))
    before = baseline.forecast(series, calendar, FACTS, horizon=horizon)
    after = baseline.forecast(changed, calendar, FACTS, horizon=horizon)
    assert same_bits(before[: start + horizon], after[: start + horizon])


@given(sensor=sensors(weeks=7), other=changes(LENGTH))
def test_excluded_periods_are_not_looked_at(name, sensor, other):
    """Whatever was read during an event changes no forecast."""
    calendar, series = sensor
    baseline = make_baseline(name, weeks=4)
    changed = replace(series, values=np.where(series.excluded, other, series.values))
    before = baseline.forecast(series, calendar, FACTS, horizon=24)
    after = baseline.forecast(changed, calendar, FACTS, horizon=24)
    assert same_bits(before, after)


@given(sensor=sensors(weeks=7))
def test_a_pattern_of_the_wall_clock_is_forecast_exactly(name, sensor):
    """Whoever follows local time is followed across clock changes; a rule follows nothing."""
    calendar, series = sensor
    local = np.arange(LENGTH) + calendar.shift
    pattern = np.random.default_rng(1).normal(size=WEEK)
    values = (
        np.full(LENGTH, FACTS.rule_value) if name == "business_rule" else pattern[calendar.slot]
    )
    found = make_baseline(name, weeks=1).forecast(
        replace(series, values=values, excluded=np.zeros(LENGTH, dtype=bool)),
        calendar,
        FACTS,
        horizon=24,
    )
    shown = np.isin(local - WEEK, local)  # a week after the skipped hour nobody knows it
    known = np.isfinite(found) & shown
    assert known[WEEK + 1 :].sum() >= LENGTH - WEEK - 2
    assert (found[known] == values[known]).all()


@given(sensor=sensors(weeks=7))
def test_nothing_it_is_given_is_changed(name, sensor):
    """The same arrays go to the next contender."""
    calendar, series = sensor
    values, excluded = series.values.copy(), series.excluded.copy()
    make_baseline(name, weeks=4).forecast(series, calendar, FACTS, horizon=24)
    assert same_bits(series.values, values)
    assert same_bits(series.excluded, excluded)


@given(sensor=sensors(weeks=7), others=st.lists(changes(LENGTH), min_size=1, max_size=3))
def test_sensors_side_by_side_get_what_each_gets_alone(name, sensor, others):
    """To the bit, and each with its own rule."""
    calendar, series = sensor
    baseline = make_baseline(name, weeks=4)
    values = np.stack([series.values, *others])
    rules = 1.0 + np.arange(len(values))
    stack = replace(series, values=values, excluded=np.tile(series.excluded, (len(values), 1)))
    together = baseline.forecast(stack, calendar, SensorFacts(rules[:, None]), horizon=24)
    for row, rule, found in zip(values, rules, together, strict=True):
        alone = replace(series, values=row)
        expected = baseline.forecast(alone, calendar, SensorFacts(float(rule)), horizon=24)
        assert same_bits(found, expected)
