"""Variances of few weeks, drawn towards what the fleet shows."""

import numpy as np
import pytest
from scipy import special

from modelfleet.domain.gain import measure_gain
from modelfleet.domain.moderation import _inverse_trigamma, moderate


def gain_of(spread, *, seed=0, weeks=12):
    """Gains of sensors with these weekly standard deviations."""
    noise = np.random.default_rng(seed).normal(size=(len(spread), weeks))
    loss = 1 - np.asarray(spread)[:, None] * noise
    return measure_gain(
        loss, np.ones_like(loss), np.full(loss.shape, 168), min_weeks=4, min_hours=50
    )


def moderated(gain, *, among=None, min_sensors=30):
    """All sensors speak for the fleet unless told."""
    everybody = np.ones(len(gain.mean), dtype=bool)
    return moderate(gain, among=everybody if among is None else among, min_sensors=min_sensors)


def test_a_small_fleet_stands_by_itself():
    """With 29 sensors each has its own error and weeks - 1 degrees of freedom."""
    gain = gain_of(np.full(29, 0.1))
    found = moderated(gain)
    np.testing.assert_array_equal(found.error, gain.error)
    assert set(found.freedom) == {11.0}
    assert found.prior_freedom == 0


def test_equal_sensors_share_one_error():
    """Where sensors scatter no more than chance, the fleet knows the variance."""
    gain = gain_of(np.full(4000, 0.1), seed=3)
    found = moderated(gain)
    assert found.prior_freedom > 200
    np.testing.assert_allclose(found.error, 0.1 / np.sqrt(12), rtol=0.05)
    constant = moderated(gain_of(np.full(40, 0.1), seed=5))
    assert np.isinf(constant.prior_freedom)
    assert np.unique(constant.error).size == 1
    assert np.isinf(constant.freedom).all()


def test_the_prior_is_found_again():
    """Variances that are drawn with eight degrees of freedom give back about eight."""
    rng = np.random.default_rng(2)
    variance = 0.01 * 8 / rng.chisquare(8, size=20_000)
    found = moderated(gain_of(np.sqrt(variance)))
    assert found.prior_freedom == pytest.approx(8, rel=0.1)
    assert found.freedom[0] == pytest.approx(11 + found.prior_freedom)


def test_the_moderated_variance_lies_between_its_own_and_the_fleets():
    """Degrees of freedom are the weights."""
    gain = gain_of(np.geomspace(0.05, 0.5, 200))
    found = moderated(gain)
    own, prior = gain.error**2, found.prior_freedom
    common = (found.error**2 * (11 + prior) - 11 * own) / prior
    np.testing.assert_allclose(common, common[0])
    assert own.min() < common[0] < own.max()


def test_only_those_that_may_speak_do():
    """Refused candidates do not shape what the others are tested by."""
    spread = np.r_[np.geomspace(0.05, 0.2, 40), np.full(40, 9.0)]
    gain, among = gain_of(spread), np.arange(80) < 40
    alone, together = moderated(gain, among=among), moderated(gain)
    assert alone.prior_freedom != together.prior_freedom
    assert moderated(gain, among=np.arange(80) < 29).prior_freedom == 0


def test_what_is_not_evaluable_has_no_error():
    """A sensor without evidence is not lent any by the fleet."""
    spread = np.r_[np.full(40, 0.1), 0.0]
    for seed in (3, 5):
        assert np.isnan(moderated(gain_of(spread, seed=seed)).error[-1])


@pytest.mark.parametrize("x", [1e-3, 0.1, 1.0, 5.5, 1e4])
def test_trigamma_is_inverted(x):
    """Newton's method finds what was put in."""
    assert _inverse_trigamma(float(special.polygamma(1, x))) == pytest.approx(x)
