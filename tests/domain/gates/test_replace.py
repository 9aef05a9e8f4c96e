"""Taking the place of a champion: only by weeks that neither learned from."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from modelfleet.domain.gates import Decision, Status
from modelfleet.domain.gates.replace import measure_improvement
from tests.domain.gates.fleets import (
    DEFAULTS,
    WEEKS,
    champion_of,
    clearly_better,
    decide,
    evidence_of,
)

EVIDENCE = evidence_of(clearly_better())
ZIGZAG = np.tile([1.0, -1.0], 6)


def challenge(improvements, **changed):
    """The decision on one candidate, and the codes behind it."""
    result = decide(EVIDENCE, champion=champion_of(improvements, EVIDENCE, **changed))
    return Decision(result.decision[0]), result.reasons(0)


def improvement(champion):
    """What is measured of one champion and its candidate."""
    return measure_improvement(champion, min_hours=50, parameters=DEFAULTS.replace)


def test_the_improvement_by_hand():
    """x = (champion - candidate) / champion, its mean, and a t interval of each side's 95 %."""
    x = np.linspace(-0.03, 0.08, WEEKS)
    found = improvement(champion_of(x, EVIDENCE))
    error = x.std(ddof=1) / np.sqrt(WEEKS)
    assert found.mean[0] == pytest.approx(x.mean())
    assert found.error[0] == pytest.approx(error)
    assert found.low[0] == pytest.approx(x.mean() - stats.t.ppf(0.95, 11) * error)
    assert found.high[0] == pytest.approx(x.mean() + stats.t.ppf(0.95, 11) * error)


def test_only_weeks_that_neither_learned_from_count():
    """A loss in a week of the champion's training is not looked at, whatever it says."""
    x = np.r_[np.full(6, 0.9), 0.01, 0.02, 0.03, 0.01, 0.02, 0.03]
    young = champion_of(x, EVIDENCE, since=6)
    trained_on = replace(young, loss=champion_of(x, EVIDENCE).loss)
    assert np.isfinite(trained_on.loss).all()
    found = improvement(trained_on)
    assert (found.possible_weeks[0], found.weeks[0]) == (6, 6)
    assert found.mean[0] == pytest.approx(0.02)


def test_only_the_latest_weeks_count():
    """Twelve weeks at most: what was long ago does not decide."""
    x = np.r_[np.full(4, -0.5), 0.01 + 0.01 * ZIGZAG]
    evidence = evidence_of(np.r_[[0.2] * 8, [0.21] * 8])
    found = improvement(champion_of(x, evidence, since=16))
    assert found.possible_weeks[0] == WEEKS
    assert found.mean[0] == pytest.approx(0.01)


@pytest.mark.parametrize("same_recipe", [True, False])
def test_a_better_candidate_takes_over(same_recipe):
    """Steadily 5 % better is accepted, by a refit and by another recipe."""
    assert challenge(0.05 + 0.01 * ZIGZAG, same_recipe=same_recipe) == (Decision.ACCEPT, [])


def test_a_refit_that_is_as_good_takes_over_and_another_recipe_has_to_show_it():
    """A refit is refused if it is worse; another recipe is refused unless it is not worse."""
    unsure = 0.001 + 0.06 * ZIGZAG
    assert challenge(unsure) == (Decision.ACCEPT, [])
    assert challenge(unsure, same_recipe=False) == (
        Decision.KEEP,
        ["perhaps_worse_than_champion"],
    )


@pytest.mark.parametrize(
    ("improvements", "same_recipe", "reasons"),
    [
        (-0.019 + 0.06 * ZIGZAG, True, []),
        (-0.021 + 0.06 * ZIGZAG, True, ["worse_than_champion"]),
        (-0.01 + 0.005 * ZIGZAG, True, ["surely_worse_than_champion"]),
        (-0.001 + 0.005 * ZIGZAG, False, ["worse_than_champion"]),
        (0.001 + 0.005 * ZIGZAG, False, []),
        (np.r_[[-0.21] * 3, [0.2] * 9], True, []),
        (np.r_[[-0.21] * 4, [0.2] * 8], True, ["bad_weeks"]),
        (np.r_[[-0.19] * 5, [0.2] * 7], True, []),
    ],
)
def test_each_rule_has_its_limit_and_its_code(improvements, same_recipe, reasons):
    """2 % worse on average, surely worse, and a quarter of the weeks much worse."""
    decision, found = challenge(improvements, same_recipe=same_recipe)
    assert found == reasons
    assert decision == (Decision.KEEP if reasons else Decision.ACCEPT)


@pytest.mark.parametrize("since", range(5))
def test_four_weeks_are_soon_enough(since):
    """With fewer weeks since its training the champion stays, and the reason says so."""
    expected = (Decision.ACCEPT, []) if since == 4 else (Decision.KEEP, ["too_soon"])
    assert challenge(0.05 + 0.01 * ZIGZAG, since=since) == expected


def test_weeks_without_hours_are_not_comparable():
    """Enough weeks in time, but not enough with hours: another reason than being early."""
    hours = np.r_[np.full(3, 168), np.full(9, 49)][None]
    evidence = evidence_of(np.r_[0.2, 0.21, 0.19, 0.2, 0.22, np.full(7, 0.2)])
    champion = champion_of(0.05, evidence, hours=hours, same_recipe=False)
    result = decide(evidence, champion=champion)
    assert "not_comparable" in result.reasons(0)
    assert "too_soon" not in result.reasons(0)
    assert not result.accepted[0]


def test_a_champion_that_nothing_shows_to_be_good_is_not_kept():
    """In service for twelve weeks, and no hour to judge it by: the baseline takes over."""
    nothing = np.zeros((1, WEEKS))
    assert challenge(0.05 + 0.01 * ZIGZAG, hours=nothing) == (
        Decision.BASELINE,
        ["champion_no_gain", "not_comparable"],
    )


def test_a_champion_that_beats_the_baseline_stays_when_it_cannot_be_compared():
    """Without a candidate's losses the champion is judged by its own."""
    missing = np.full((1, WEEKS), np.nan)
    assert challenge(0.05 + 0.01 * ZIGZAG, candidate_loss=missing) == (
        Decision.KEEP,
        ["not_comparable"],
    )


def test_the_same_model_is_carried_over():
    """A candidate that is the champion is nothing new: it is kept, not accepted."""
    same = {"since": 0, "same_model": np.array([True])}
    assert challenge(0.0, **same) == (Decision.KEEP, ["same_model"])
    missing = np.array([np.nan])
    assert challenge(0.0, **same, valid_share=missing)[0] == Decision.KEEP


def test_what_takes_over_must_gain_over_the_baseline_too():
    """Better than a bad champion is not good enough, and the champion is not either."""
    evidence = evidence_of(-clearly_better())
    result = decide(evidence, champion=champion_of(0.05 + 0.01 * ZIGZAG, evidence))
    assert result.decision[0] == Decision.BASELINE
    assert result.reasons(0) == ["champion_no_gain", "no_gain"]


@pytest.mark.parametrize("changed", [{"valid_share": np.array([0.5])}, {"mean_error": np.ones(1)}])
def test_what_takes_over_must_be_sane(changed):
    """A champion is not replaced by a candidate that fails the rules of sanity."""
    evidence = replace(EVIDENCE, **changed)
    result = decide(evidence, champion=champion_of(0.05 + 0.01 * ZIGZAG, evidence))
    assert result.decision[0] == Decision.KEEP
    assert len(result.reasons(0)) == 1


def test_a_perfect_champion_is_not_replaced():
    """Where a champion made no error, the improvement is no number, and that never passes."""
    zero, varied = np.zeros((1, WEEKS)), 1 + 0.1 * ZIGZAG[None]
    perfect = champion_of(0.0, EVIDENCE, loss=zero, baseline_loss=varied)
    result = decide(EVIDENCE, champion=perfect)
    assert result.decision[0] == Decision.KEEP
    rules = {rule.code: Status(rule.status[0]) for rule in result.rules}
    assert rules["worse_than_champion"] == Status.NOT_EVALUABLE
    both = champion_of(0.0, EVIDENCE, loss=zero, candidate_loss=zero)
    assert not decide(EVIDENCE, champion=both).accepted[0]


def test_a_sensor_on_its_baseline_has_no_champion_to_beat():
    """Rules on champions are not asked, and entering is as in a first run."""
    champion = champion_of(0.05, EVIDENCE, serves_model=np.array([False]))
    result = decide(EVIDENCE, champion=champion)
    assert result.accepted.tolist() == [True]
    status = {rule.code: Status(rule.status[0]) for rule in result.all_rules}
    assert status["too_soon"] == status["champion_no_gain"] == Status.NOT_ASKED
    assert status["not_better_than_baseline"] == Status.PASS


@pytest.mark.parametrize(
    ("weeks", "effect", "low", "high"),
    [(12, 0.0, 0.90, 1.0), (12, -0.05, 0.0, 0.02), (4, -0.05, 0.0, 0.08)],
)
def test_refits_of_noisy_weeks_are_told_apart(weeks, effect, low, high):
    """At a weekly standard deviation of 3.5 % an equal refit passes, one 5 % worse does not."""
    rng = np.random.default_rng(8)
    evidence = evidence_of(np.repeat(clearly_better(), 2000, axis=0))
    x = effect + 0.035 * rng.normal(size=(2000, WEEKS))
    accepted = decide(evidence, champion=champion_of(x, evidence, since=weeks)).accepted
    assert low <= accepted.mean() <= high
