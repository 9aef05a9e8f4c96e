"""Keeping a champion: while it is sane and errs less than the baseline."""

from dataclasses import replace

import numpy as np
import pytest

from modelfleet.domain.gates import Decision
from tests.domain.gates.fleets import WEEKS, champion_of, clearly_better, decide, evidence_of

GOOD = clearly_better()
EVIDENCE = evidence_of(GOOD)


def verdict(champion, *, evidence=EVIDENCE, **asked):
    """The decision on one sensor, and the codes behind it."""
    result = decide(evidence, champion=champion, **asked)
    return Decision(result.decision[0]), result.reasons(0)


def champion_with(gains, **changed):
    """A champion with these weekly gains over the baseline, challenged by a worse candidate."""
    loss = np.atleast_2d(1 - np.asarray(gains))
    worse = np.atleast_2d(loss * (1.1 + 0.01 * np.sin(np.arange(loss.shape[1]))))
    return replace(champion_of(0.0, EVIDENCE), loss=loss, candidate_loss=worse, **changed)


def test_a_champion_that_gains_is_kept():
    """Its candidate is worse, and that is the reason it was not replaced."""
    decision, reasons = verdict(champion_with(GOOD))
    assert decision == Decision.KEEP
    assert reasons == ["worse_than_champion", "surely_worse_than_champion"]


@pytest.mark.parametrize(
    ("mean", "decision"), [(0.001, Decision.KEEP), (-0.001, Decision.BASELINE)]
)
def test_any_gain_at_all_is_enough_to_stay(mean, decision):
    """Entering asks for likelihood; staying asks for a mean gain above zero."""
    gains = mean + 0.3 * np.tile([1, -1], 6)
    found, reasons = verdict(champion_with(gains))
    assert found == decision
    assert ("champion_no_gain" in reasons) == (decision == Decision.BASELINE)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"valid_share": np.array([0.69])}, "champion_too_few_valid_hours"),
        ({"mean_error": np.array([-0.76])}, "champion_biased"),
        ({"mae": np.array([np.nan])}, "champion_biased"),
    ],
)
def test_a_champion_that_is_not_sane_is_demoted(changed, code):
    """Also where its figures are missing: it has served for long enough to have some."""
    decision, reasons = verdict(champion_with(GOOD, **changed))
    assert decision == Decision.BASELINE
    assert reasons[0] == code


def test_a_young_champion_is_kept_without_evidence_of_its_own():
    """After its first days it has no week and no figure: nothing speaks against it."""
    unknown = np.full(1, np.nan)
    young = champion_of(
        0.0, EVIDENCE, since=0, valid_share=unknown, mean_error=unknown, mae=unknown
    )
    assert verdict(young) == (Decision.KEEP, ["too_soon"])
    other = replace(young, same_recipe=np.array([False]))
    assert verdict(other) == (Decision.KEEP, ["too_soon"])


def test_a_young_champion_of_a_recipe_that_lost_its_gain_is_demoted():
    """Its recipe, fitted anew each week, stands for it in the weeks before it served."""
    evidence = evidence_of(-GOOD)
    decision, reasons = verdict(champion_of(0.0, evidence, since=0), evidence=evidence)
    assert decision == Decision.BASELINE
    assert reasons == ["champion_no_gain", "no_gain", "too_soon"]


def test_a_young_champion_that_is_broken_is_demoted():
    """Three terrible weeks outweigh nine good ones of its recipe."""
    young = champion_of(0.0, EVIDENCE, since=3)
    broken = replace(young, loss=np.where(young.out_of_sample, 4.0, np.nan))
    decision, reasons = verdict(broken)
    assert decision == Decision.BASELINE
    assert reasons[0] == "champion_no_gain"


def test_what_its_recipe_did_does_not_stand_in_for_weeks_in_service():
    """A champion without an hour to judge it by is not excused by a good candidate."""
    silent = champion_of(0.0, EVIDENCE, hours=np.zeros((1, WEEKS)))
    assert verdict(silent)[0] == Decision.BASELINE


def test_a_margin_below_zero_holds_for_staying_too():
    """Who may enter 5 % worse than the baseline is not thrown out for being 2 % worse."""
    gains = -0.02 + 0.01 * np.tile([1, -1], 6)
    assert verdict(champion_with(gains), margin=-0.05)[0] == Decision.KEEP
    assert verdict(champion_with(gains), margin=0.05)[0] == Decision.BASELINE


def test_a_margin_above_zero_is_for_entering_only():
    """A champion whose gain fell below the margin still serves."""
    gains = 0.02 + 0.01 * np.tile([1, -1], 6)
    assert verdict(champion_with(gains), margin=0.05)[0] == Decision.KEEP


def test_the_champions_gain_is_told():
    """The result has the figure that keeping rests on."""
    result = decide(EVIDENCE, champion=champion_with(GOOD))
    assert result.champion_gain.mean[0] == pytest.approx(GOOD.mean())
    assert decide(EVIDENCE).champion_gain is None
