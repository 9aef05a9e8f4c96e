"""How much a candidate errs less than its baseline, and how sure that is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelfleet.domain.gain import Prior, fit_prior, measure_gain, shrink_variance

HOURS = 168


def measure(loss, baseline, hours=None, *, min_weeks=4):
    """The gain of losses given as rows of weeks, each week complete unless told."""
    loss, baseline = np.atleast_2d(loss).astype(float), np.atleast_2d(baseline).astype(float)
    hours = np.full(loss.shape, HOURS) if hours is None else np.atleast_2d(hours)
    return measure_gain(loss, baseline, hours, min_weeks=min_weeks, min_hours=50)


def fleet(sensors, *, seed=0, gain=0.05, spread=0.03, noise=0.1, weeks=12):
    """Gains of a fleet whose true gains are normal."""
    rng = np.random.default_rng(seed)
    true = rng.normal(gain, spread, size=(sensors, 1))
    drawn = true + rng.normal(scale=noise, size=(sensors, weeks))
    return measure(1 - drawn, np.ones_like(drawn), min_weeks=8)


def test_the_gain_of_a_week_by_hand():
    """d = (baseline - candidate) / mean baseline; its mean, and weeks with d above zero."""
    found = measure([1.0, 2.0, 1.0, 4.0], [2.0, 2.0, 2.0, 2.0])
    # d = 0.5, 0, 0.5, -1; deviations from the mean 0: the same; lag products sum to -0.5.
    # r0 = -0.5 / 1.5, corrected (-1/3 + 1/4) / (1 - 1/2) < 0: no correlation, factor 1.
    assert found.mean[0] == pytest.approx(0.0)
    assert found.correlation == 0.0
    assert found.error[0] == pytest.approx(np.sqrt(1.5 / 3 / 4))
    assert (found.weeks[0], found.better_weeks[0], bool(found.evaluable[0])) == (4, 2, True)


def test_correlated_weeks_enlarge_the_error_by_hand():
    """Weeks that resemble each other are less evidence: s² times V/e, pooled correlation."""
    gains = np.array([3.0, 3, 2, 3, 1, 1, 2, 2, 1, 3, 3, 2]) / 10
    found = measure(1 - gains, np.ones(12))
    z = gains - gains.mean()
    r0 = (z[:-1] * z[1:]).sum() / (z**2).sum()
    rho = min((r0 + 1 / 12) / (1 - 4 / 12), 0.5)
    v = 1 + 2 * sum((1 - k / 12) * rho**k for k in range(1, 12))
    e = (12 - v) / 11
    assert 0.2 < rho < 0.5
    assert found.correlation == pytest.approx(rho)
    assert found.error[0] == pytest.approx(np.sqrt(gains.var(ddof=1) / 12 * v / e))


def test_correlation_is_pooled_over_the_fleet_and_capped():
    """Twelve weeks tell little of one sensor's correlation: its mean over the fleet counts."""
    slow, fast = np.repeat([1.0, -1.0], 6), np.tile([1.0, -1.0], 6)
    both = measure(1 - np.array([slow, fast]) / 10, np.ones((2, 12)))
    # slow: r0 = 9/12, fast: r0 = -11/12; each corrected by (r0 + 1/12) / (2/3)
    assert both.correlation == pytest.approx(max(((9 + 1) / 8 + (-11 + 1) / 8) / 2, 0.0))
    assert measure(1 - slow / 10, np.ones(12)).correlation == 0.5


@pytest.mark.parametrize("weeks", [8, 12])
@pytest.mark.parametrize("true", [0.0, 0.2, 0.4])
def test_the_correlation_of_short_series_is_found(weeks, true):
    """A few weeks around their own mean hide some of it; the correction gives it back."""
    rng = np.random.default_rng(6)
    noise = rng.normal(size=(5000, weeks))
    for week in range(1, weeks):
        fresh = np.sqrt(1 - true**2) * noise[:, week]
        noise[:, week] = true * noise[:, week - 1] + fresh
    found = measure(1 - 0.1 * noise, np.ones_like(noise))
    assert found.correlation == pytest.approx(true, abs=0.04)


def test_a_week_below_fifty_hours_does_not_count():
    """Forty-nine hours are no week; fifty are one."""
    loss = np.array([0.9, 0.8, 0.9, 0.8, -99.0, 0.7])
    found = measure(loss, np.ones(6), [168, 168, 168, 168, 49, 50])
    without = measure(loss[[0, 1, 2, 3, 5]], np.ones(5))
    assert found.weeks[0] == 5
    assert found.mean[0] == pytest.approx(without.mean[0])
    assert found.better_weeks[0] == 5


@pytest.mark.parametrize(
    ("loss", "baseline"),
    [
        (np.full(12, np.nan), np.ones(12)),
        (np.ones(12), np.full(12, np.nan)),
        (np.full(12, 0.5), np.ones(12)),
        (np.ones(12), np.zeros(12)),
        (np.zeros(12), np.zeros(12)),
        (np.r_[0.5, np.full(11, np.nan)], np.ones(12)),
        (np.r_[0.5, 0.6, 0.7, np.full(9, np.nan)], np.ones(12)),
        (np.r_[np.inf, np.linspace(0.1, 0.5, 3), np.full(8, np.nan)], np.ones(12)),
    ],
    ids=["nan", "no_baseline", "constant", "zero_baseline", "zeros", "one_week", "three", "inf"],
)
def test_no_evidence_is_not_evaluable(loss, baseline):
    """What cannot be computed has no gain, no error and no probability."""
    found = measure(loss, baseline)
    assert not found.evaluable[0]
    assert np.isnan([found.mean[0], found.error[0]]).all()
    for prior in (Prior(0.0, np.inf), Prior(0.5, 0.01)):
        assert np.isnan(prior.probability_above(0.0, found)).all()


def test_a_sensor_without_evidence_does_not_touch_the_others():
    """The fleet's figures rest on the sensors that could be judged."""
    rng = np.random.default_rng(1)
    loss = rng.normal(0.9, 0.1, size=(40, 12))
    more = np.vstack([loss, np.full((3, 12), np.nan)])
    alone, together = measure(loss, np.ones((40, 12))), measure(more, np.ones((43, 12)))
    np.testing.assert_array_equal(alone.error, together.error[:40])
    np.testing.assert_array_equal(shrink_variance(alone), shrink_variance(together)[:40])
    assert fit_prior(alone, min_sensors=30) == fit_prior(together, min_sensors=30)


def test_variances_are_shrunk_eleven_to_four():
    """Twelve weeks of its own weigh 11, the fleet's mean log variance weighs 4."""
    found = fleet(5)
    own = np.log(found.error**2)
    expected = np.exp((11 * own + 4 * own.mean()) / 15)
    np.testing.assert_allclose(shrink_variance(found), expected)


def test_fewer_weeks_lean_more_on_the_fleet():
    """A sensor with eight weeks is shrunk 7 to 4."""
    rng = np.random.default_rng(2)
    loss = rng.normal(1, 0.1, size=(3, 12))
    loss[0, :4] = np.nan
    found = measure(loss, np.ones((3, 12)), min_weeks=8)
    own = np.log(found.error**2)
    assert shrink_variance(found)[0] == pytest.approx(np.exp((7 * own[0] + 4 * own.mean()) / 11))


def test_a_small_fleet_has_a_flat_prior():
    """Below thirty judged sensors the fleet tells nothing: the sensor's own evidence decides."""
    small = fleet(29)
    assert fit_prior(small, min_sensors=30) == Prior(0.0, np.inf)
    assert np.isfinite(fit_prior(fleet(30), min_sensors=30).variance)
    expected = stats.norm.cdf((small.mean - 0.02) / np.sqrt(shrink_variance(small)))
    np.testing.assert_allclose(Prior(0.0, np.inf).probability_above(0.02, small), expected)


def test_the_posterior_by_hand():
    """A normal prior draws each gain towards the fleet's, the more the noisier it is."""
    found = fleet(40)
    noise = shrink_variance(found)
    keep = 0.001 / (0.001 + noise)
    centre = 0.05 + keep * (found.mean - 0.05)
    expected = stats.norm.cdf((centre - 0.01) / np.sqrt(keep * noise))
    np.testing.assert_allclose(Prior(0.05, 0.001).probability_above(0.01, found), expected)


@given(seed=st.integers(0, 1000), spread=st.sampled_from([0.0, 0.01, 0.1, 1.0]))
def test_no_prior_is_more_likely_than_the_fitted_one(seed, spread):
    """The prior maximises the marginal likelihood of the fleet's mean gains."""
    found = fleet(60, seed=seed, spread=spread)
    noise = shrink_variance(found)

    def likelihood(mean, variance):
        return stats.norm.logpdf(found.mean, mean, np.sqrt(variance + noise)).sum()

    prior = fit_prior(found, min_sensors=30)
    best = likelihood(prior.mean, prior.variance)
    for mean in found.mean.mean() + np.linspace(-0.05, 0.05, 11):
        for deviation in (0.0, *np.geomspace(1e-3, 2, 30)):
            assert likelihood(mean, deviation**2) <= best + 1e-3


def test_the_prior_finds_the_fleets_gains():
    """With a thousand sensors the prior is what the true gains were drawn from."""
    prior = fit_prior(fleet(1000, gain=0.05, spread=0.03), min_sensors=30)
    assert prior.mean == pytest.approx(0.05, abs=0.005)
    assert np.sqrt(prior.variance) == pytest.approx(0.03, abs=0.005)


def test_no_sensor_at_all():
    """An empty fleet has no gain and a flat prior."""
    found = measure(np.empty((0, 12)), np.empty((0, 12)))
    assert len(found.mean) == 0
    assert found.correlation == 0.0
    assert fit_prior(found, min_sensors=30) == Prior(0.0, np.inf)


def test_no_week_at_all():
    """A sensor without a judged week is not evaluable."""
    assert measure(np.empty((2, 0)), np.empty((2, 0))).evaluable.tolist() == [False, False]


def test_a_fleet_of_ties_is_not_sure_of_itself():
    """Where no sensor differs from another, the sign of the fleet's mean proves nothing."""
    chances = []
    for seed in range(20):
        noise = 0.05 * np.random.default_rng(seed).normal(size=(60, 12))
        found = measure_gain(
            1 - noise, np.ones_like(noise), np.full((60, 12), 168), min_weeks=8, min_hours=50
        )
        prior = fit_prior(found, min_sensors=30)
        chances.append(prior.probability_above(0.0, found).mean())
    assert 0.2 < np.mean(chances) < 0.8
    assert np.mean([0.01 < chance < 0.99 for chance in chances]) >= 0.8
