"""The factor of an interval: what the week to come shall cover, and what would have covered it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from modelfleet.domain.interval_factor import follow_coverage, next_target
from modelfleet.domain.parameters.intervals import IntervalParameters
from tests.domain.parameters.configuration import shipped

SHIPPED = IntervalParameters(**shipped()["intervals"])
STEPS = 40
NEEDED = st.floats(0, 1e6) | st.sampled_from([0.0, 1.0, np.nan, np.finfo(np.float64).max])


def follow(needed, **changes):
    """Factors and covered steps of weeks in which NaN is unknown."""
    parameters = SHIPPED.model_copy(update=changes)
    return follow_coverage(needed, np.isfinite(needed).sum(axis=2), parameters)


def weeks_of(*levels):
    """One sensor; in each week its residuals need factors from nearly 0 to the level."""
    return np.array(levels)[None, :, None] * np.arange(1, STEPS + 1) / STEPS


# --- what the week to come shall cover ----------------------------------------------------------


@pytest.mark.parametrize(
    ("missed", "target"),
    [
        ([0.0, 0.0, 0.0], 0.9),
        ([0.02, 0.03, 0.03], 0.9),  # 8 points in four weeks: just within the tolerance
        ([0.1, 0.0, 0.0], 0.92),
        ([0.05, 0.05, 0.02], 0.94),
        ([-0.04, -0.04, -0.04], 0.86),
        ([0.5, -0.45, 0.0], 0.9),  # made up for already
        ([0.5, 0.5, 0.5], 0.97),
        ([-0.1, -0.1, -0.1], 0.8),
        ([0.7, 0.0, 0.0, 0.0], 0.9),  # the window has passed it
        ([0.1], 0.92),
        ([], 0.9),
    ],
)
def test_what_a_window_missed_beyond_its_tolerance_is_asked_of_the_next_week(missed, target):
    """No more than brings a window of four weeks back to 88 or 92 %, and within bounds."""
    assert next_target(np.array([missed]), SHIPPED) == pytest.approx(target)


@given(arrays(float, (3, 6), elements=st.floats(-0.1, 0.9)))
def test_a_week_that_covers_its_target_brings_the_window_back(missed):
    """Unless a bound keeps it from doing so, the window then misses no more than its tolerance."""
    target = next_target(missed, SHIPPED)
    window = missed[:, -3:].sum(axis=1) + SHIPPED.coverage - target
    bound = np.isclose(target, SHIPPED.lowest_target) | np.isclose(target, SHIPPED.highest_target)
    assert ((np.abs(window) <= 4 * SHIPPED.tolerance + 1e-9) | bound).all()


# --- the factor that would have covered it ------------------------------------------------------


def test_the_factor_is_what_would_have_covered_the_target():
    """Of 40 residuals the ⌈41 · 0.9⌉-th, here the 37th; one week is all that is known."""
    factor, covered = follow(weeks_of(1.25), coverage=0.9, tolerance=0.1)
    assert covered.tolist() == [[32]]
    np.testing.assert_allclose(factor, [[1.0, 37 / 40 * 1.25]])


def test_a_week_weighs_less_than_the_one_after_it():
    """On the log scale, by the share of the week that is known."""
    needed = weeks_of(1.0, 2.0)
    (last,) = follow(needed, remember=0.5, tolerance=0.1)[0][:, -1]
    first, second = np.log(37 / 40), np.log(37 / 40 * 2)
    assert math.log(last) == pytest.approx((0.5 * first + second) / 1.5)
    needed[0, 1, 20:] = np.nan  # the smaller half, of which the 19th is wanted
    (last,) = follow(needed, remember=0.5, tolerance=0.1)[0][:, -1]
    assert math.log(last) == pytest.approx((0.5 * first + 0.5 * np.log(19 / 40 * 2)) / 1.0)


def test_a_shocked_week_is_made_up_for_and_then_forgotten():
    """Wider while the window holds the shock, and again as before when it has left it."""
    generator = np.random.default_rng(1)
    needed = np.abs(generator.standard_normal((200, 24, 168))) / 1.645
    needed[:, 12] *= 2.2
    factor, covered = follow(needed)
    coverage = covered.mean(axis=0) / 168
    assert coverage[12] < 0.65
    assert (coverage[13:16] > 0.93).all()
    assert 0.88 < coverage[17:].mean() < 0.92
    assert abs(np.log(factor[:, 20:]).mean()) < 0.1


def test_a_quiet_fleet_keeps_its_width():
    """Chance alone moves the factor by a few percent a week."""
    needed = np.abs(np.random.default_rng(2).standard_normal((50, 40, 168))) / 1.645
    factor, covered = follow(needed)
    assert np.abs(np.diff(np.log(factor[:, 6:]), axis=1)).mean() < 0.1
    assert covered[:, 6:].mean() / 168 == pytest.approx(0.9, abs=0.01)


# --- whatever comes -----------------------------------------------------------------------------


@given(arrays(float, (2, 7, 6), elements=NEEDED))
def test_the_factor_is_finite_and_keeps_its_bounds(needed):
    """Whatever is missing, tiny or beyond all measure."""
    factor, covered = follow(needed)
    assert (factor >= math.exp(SHIPPED.min_log_factor) * (1 - 1e-12)).all()
    assert (factor <= math.exp(SHIPPED.max_log_factor) * (1 + 1e-12)).all()
    assert (covered <= np.isfinite(needed).sum(axis=2)).all()


@given(arrays(float, (2, 7, 6), elements=NEEDED), st.integers(0, 6))
def test_a_factor_knows_the_weeks_before_it_only(needed, week):
    """What a week and those after it need changes no factor up to that of the week."""
    other = needed.copy()
    other[:, week:] = np.nan
    known, cut = follow(needed)[0], follow(other)[0]
    np.testing.assert_array_equal(known[:, : week + 1], cut[:, : week + 1])


@given(arrays(float, (9, 12, 5), elements=NEEDED))
def test_sensors_do_not_mix(needed):
    """To the bit, whoever stands beside a sensor."""
    together, alone = follow(needed)[0], [follow(one[None])[0][0] for one in needed]
    np.testing.assert_array_equal(together, alone)


def test_a_sensor_without_residuals_keeps_a_factor_of_one():
    """Nothing speaks for another one; a week without any counts for nothing."""
    assert (follow(np.full((1, 5, STEPS), np.nan))[0] == 1).all()
    needed = weeks_of(1.0, 1.0, 1.0)
    gap = np.insert(needed, 2, np.nan, axis=1)
    assert follow(gap)[0][0, 3] == follow(gap[:, :2])[0][0, -1]
