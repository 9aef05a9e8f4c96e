"""Entering over the baseline: what is accepted, what is rejected, and what cannot be decided."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelfleet.domain.gates import Decision, Demands, Status, judge
from tests.domain.gates.fleets import DEFAULTS, clearly_better, decide, evidence_of


@pytest.mark.parametrize("strict", [False, True])
def test_a_clearly_better_candidate_is_accepted(strict):
    """Steady gains pass every rule in both modes."""
    result = decide(evidence_of(clearly_better()), strict=strict)
    assert result.accepted.tolist() == [True]
    assert result.reasons(0) == []


@pytest.mark.parametrize("strict", [False, True])
def test_a_worse_candidate_is_rejected_with_its_reason(strict):
    """The reason names the rule, with what was measured and what was asked for."""
    result = decide(evidence_of(-clearly_better()), strict=strict)
    assert result.reasons(0) == ["not_better_than_baseline"]
    rule = result.rules[-1]
    assert rule.status[0] == Status.FAIL
    assert rule.figure[0] == (result.p_value if strict else result.probability)[0]
    assert rule.threshold[0] == (0.0 if strict else 0.8)


UNKNOWN = {
    "no_loss": {"loss": np.full((1, 12), np.nan)},
    "no_baseline": {"baseline_loss": np.full((1, 12), np.nan)},
    "constant_gain": {"loss": np.full((1, 12), 0.5)},
    "zero_baseline": {"baseline_loss": np.zeros((1, 12))},
    "one_week": {"hours": np.array([[168] + [0] * 11])},
    "short_weeks": {"hours": np.full((1, 12), 49)},
    "no_share": {"valid_share": np.array([np.nan])},
    "no_bias": {"mean_error": np.array([np.nan])},
    "no_mae": {"mae": np.array([np.nan])},
}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("missing", UNKNOWN)
def test_what_cannot_be_computed_never_passes(missing, strict):
    """Missing, constant and one-week evidence is never a yes."""
    evidence = replace(evidence_of(clearly_better()), **UNKNOWN[missing])
    result = decide(evidence, strict=strict)
    assert result.accepted.tolist() == [False]
    assert result.reasons(0)


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("no_loss", "not_better_than_baseline"),
        ("no_share", "too_few_valid_hours"),
        ("no_bias", "biased"),
        ("no_mae", "biased"),
    ],
)
def test_unknown_is_told_apart_from_failed(missing, code):
    """A rule without a figure is not evaluable, rather than failed."""
    result = decide(replace(evidence_of(clearly_better()), **UNKNOWN[missing]))
    status = {rule.code: rule.status[0] for rule in result.rules}
    assert status[code] == Status.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({"valid_share": [0.69]}, ["too_few_valid_hours"]),
        ({"valid_share": [0.7]}, []),
        ({"mean_error": [0.76]}, ["biased"]),
        ({"mean_error": [-0.76]}, ["biased"]),
        ({"mean_error": [-0.75]}, []),
        ({"hours": [[50] * 8 + [49] * 4]}, []),
        ({"hours": [[50] * 7 + [49] * 5]}, ["too_few_weeks", "not_better_than_baseline"]),
    ],
)
def test_sanity_limits_belong_to_what_is_allowed(changed, reasons):
    """70 % valid hours, a bias of 0.75 MAE and eight weeks of fifty hours are just enough."""
    arrays = {name: np.array(value) for name, value in changed.items()}
    assert decide(replace(evidence_of(clearly_better()), **arrays)).reasons(0) == reasons


def test_an_empty_fleet_is_judged():
    """No candidates, no verdicts, no error."""
    for strict in (False, True):
        assert decide(evidence_of(np.empty((0, 12))), strict=strict).accepted.shape == (0,)


def test_the_p_value_is_a_one_sided_t_test():
    """Eleven degrees of freedom with twelve weeks, seven with eight."""
    gains = 0.05 + 0.1 * np.random.default_rng(3).normal(size=(2, 12))
    evidence = evidence_of(gains)
    evidence.hours[1, :4] = 0
    result = decide(evidence, strict=True)
    t = result.gain.mean / result.gain.error
    np.testing.assert_allclose(result.p_value, [stats.t.sf(t[0], 11), stats.t.sf(t[1], 7)])


@given(seed=st.integers(0, 500), better=st.integers(0, 30))
def test_strict_mode_is_benjamini_hochberg(seed, better):
    """The k smallest p-values are accepted, for the largest k with p_(k) <= 0.10 k / n."""
    rng = np.random.default_rng(seed)
    gains = 0.1 * rng.normal(size=(30, 12))
    gains[:better] += 0.08
    result = decide(evidence_of(gains), strict=True)
    adjusted = stats.false_discovery_control(result.p_value, method="bh")
    assert result.accepted.tolist() == (adjusted <= 0.10).tolist()
    accepted = result.p_value[result.accepted]
    assert result.rules[-1].threshold[0] == (accepted.max() if len(accepted) else 0.0)


def test_only_strict_sensors_share_the_false_discovery_rate():
    """A cohort in expected mode neither helps nor harms the tests of a strict one."""
    gains = 0.06 + 0.1 * np.random.default_rng(5).normal(size=(40, 12))
    strict = np.arange(40) < 20
    demands = replace(Demands.uniform(40, strict=False), strict=strict)
    result = judge(evidence_of(gains), demands=demands, parameters=DEFAULTS)
    adjusted = stats.false_discovery_control(result.p_value[:20], method="bh")
    assert result.accepted[:20].tolist() == (adjusted <= 0.10).tolist()
    assert result.accepted[20:].tolist() == (result.probability[20:] >= 0.8).tolist()
    assert 0 < result.accepted[:20].sum() < result.accepted[20:].sum()


def test_expected_mode_asks_for_the_margin():
    """A gain that is likely, but not by the margin, is not enough."""
    evidence = evidence_of(clearly_better())
    assert decide(evidence, margin=0.15).accepted[0]
    assert not decide(evidence, margin=0.25).accepted[0]


@given(
    seed=st.integers(0, 500),
    sensor=st.integers(0, 11),
    more=st.sampled_from([0.01, 0.05, 0.3]),
)
def test_more_gain_never_costs_a_sensor_its_place(seed, sensor, more):
    """In strict mode a better candidate has a smaller p-value and stays accepted."""
    gains = 0.05 + 0.1 * np.random.default_rng(seed).normal(size=(12, 12))
    before = decide(evidence_of(gains), strict=True)
    gains[sensor] += more
    after = decide(evidence_of(gains), strict=True)
    assert after.p_value[sensor] < before.p_value[sensor]
    assert after.accepted[sensor] >= before.accepted[sensor]


def simulate(seed, *, correlation=0.0, sensors=1000, weeks=12):
    """A fleet in which 30 % gain one weekly standard deviation, and the rest nothing."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(sensors, weeks))
    for week in range(1, weeks):
        fresh = np.sqrt(1 - correlation**2) * noise[:, week]
        noise[:, week] = correlation * noise[:, week - 1] + fresh
    better = np.arange(sensors) < 0.3 * sensors
    return better, evidence_of(0.05 * (better[:, None] + noise))


@pytest.mark.parametrize(("correlation", "power"), [(0.0, 0.9), (0.3, 0.65)])
def test_strict_mode_keeps_its_promise(correlation, power):
    """About a tenth of the accepted are no better, also when weeks resemble each other."""
    wrong, found = [], []
    for seed in range(12):
        better, evidence = simulate(seed, correlation=correlation)
        accepted = decide(evidence, strict=True).accepted
        wrong.append((accepted & ~better).sum() / max(accepted.sum(), 1))
        found.append(accepted[better].mean())
    assert np.mean(wrong) <= 0.10
    assert np.mean(found) >= power


def test_expected_mode_finds_nearly_all_that_are_better():
    """The default mode is there for its power."""
    found = []
    for seed in range(12):
        better, evidence = simulate(seed)
        found.append(decide(evidence).accepted[better].mean())
    assert np.mean(found) >= 0.9


def test_expected_mode_lets_hardly_a_worse_one_in():
    """Ties may pass, truly worse candidates stay below 2 % of the accepted."""
    wrong = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        true = np.repeat([0.05, 0.0, -0.03], [500, 250, 250])[:, None]
        accepted = decide(evidence_of(true + 0.05 * rng.normal(size=(1000, 12)))).accepted
        wrong.append(accepted[750:].sum() / accepted.sum())
    assert np.mean(wrong) <= 0.02


def test_insane_candidates_do_not_vouch_for_others():
    """Who fails another rule does not widen the strict gate for those that are no better."""
    let_in = []
    for seed in range(20):
        gains = 0.05 * np.random.default_rng(seed).normal(size=(200, 12))
        gains[100:] += 0.2
        biased = np.where(np.arange(200) < 100, 0.0, 0.9)
        result = decide(replace(evidence_of(gains), mean_error=biased), strict=True)
        let_in.append(result.accepted.any())
    assert np.mean(let_in) <= 0.25


def test_insane_candidates_do_not_shape_what_is_expected_of_others():
    """The prior of the fleet is that of the candidates that could serve."""
    gains = 0.1 * np.random.default_rng(0).normal(size=(80, 12))
    gains[40:] += 0.5
    evidence = replace(evidence_of(gains), valid_share=np.repeat([1.0, 0.1], 40))
    alone = decide(evidence_of(gains[:40])).prior
    together = decide(evidence).prior
    assert together.mean == pytest.approx(alone.mean, abs=0.01)
    assert decide(evidence_of(gains)).prior.mean > alone.mean + 0.2


def test_a_good_fleet_does_not_vouch_for_a_sensor_that_lost():
    """What the next run would demote at once does not enter, however likely the fleet makes it."""
    rng = np.random.default_rng(4)
    gains = 0.10 + 0.01 * rng.normal(size=(60, 1)) + 0.1 * rng.normal(size=(60, 12))
    gains[0] += -0.01 - gains[0].mean()
    result = decide(evidence_of(gains))
    assert result.probability[0] > 0.8
    assert result.decision[0] == Decision.BASELINE
    assert result.reasons(0) == ["no_gain"]


def test_margins_and_probabilities_differ_by_sensor():
    """Each sensor is asked what its cohort or kind asks for."""
    gains = np.repeat(clearly_better(), 3, axis=0)
    demands = Demands(
        strict=np.array([False, False, True]),
        margin=np.array([0.1, 0.3, 0.3]),
        min_probability=np.array([0.8, 0.8, 0.8]),
    )
    result = judge(evidence_of(gains), demands=demands, parameters=DEFAULTS)
    assert result.decision.tolist() == [Decision.ACCEPT, Decision.BASELINE, Decision.BASELINE]
    unsure = replace(demands, margin=np.full(3, 0.199), strict=np.zeros(3, dtype=bool))
    probability = judge(evidence_of(gains), demands=unsure, parameters=DEFAULTS).probability[0]
    sure = replace(unsure, min_probability=probability + np.array([-0.01, 0.0, 0.01]))
    accepted = judge(evidence_of(gains), demands=sure, parameters=DEFAULTS).accepted
    assert accepted.tolist() == [True, True, False]
