"""Verdicts and single rules in words."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.gates import Status
from modelfleet.fleet.scorecard import judge_candidates
from modelfleet.fleet.sentences import WORDS, explain_answer, explain_rule, explain_verdicts
from tests.domain.gates.fleets import (
    DEFAULTS,
    WEEKS,
    champion_of,
    clearly_better,
    decide,
    evidence_of,
)

GOOD = evidence_of(np.repeat(clearly_better(), 2, axis=0))
ZIGZAG = np.tile([1.0, -1.0], 6)
NOBODY = np.zeros(2, dtype=bool)


def sentences(result, strict=NOBODY):
    """The sentence of each sensor."""
    return explain_verdicts(result, strict=strict)


def test_a_first_run_compares_with_the_baseline() -> None:
    """Weeks, error and certainty, by the sensor's own mode."""
    expected, strict = sentences(decide(GOOD), strict=np.array([False, True]))
    begins = "better in 12 of 12 weeks, 20 % less error than the baseline, "
    assert expected == begins + "more than 99 % likely to be better"
    assert strict == begins + "p = 0.000"


@pytest.mark.parametrize(("gain", "told"), [(0.02, " % likely"), (-0.2, "less than 1 % likely")])
def test_certainty_is_a_round_number(gain: float, told: str) -> None:
    """Neither 0 nor 100 % is ever certain."""
    result = decide(evidence_of(gain + 0.1 * ZIGZAG))
    assert told in sentences(result, strict=NOBODY[:1])[0]


def test_what_became_of_the_champion_is_told() -> None:
    """Replaced, kept with the reason, or gone."""
    champion = champion_of([0.05 + 0.01 * ZIGZAG, -0.05 + 0.01 * ZIGZAG], GOOD)
    replaced, kept = sentences(decide(GOOD, champion=champion))
    assert replaced.endswith("; it replaces the champion with 5 % less error")
    assert "5.0 % more error than the champion; the limit is 2.0 % more error" in kept
    assert kept.endswith("; the champion stays")
    insane = replace(champion, mean_error=np.ones(2), candidate_loss=np.full((2, WEEKS), np.nan))
    gone = sentences(decide(GOOD, champion=insane))[0]
    assert "the mean error of the champion, 1, exceeds 0.75" in gone
    assert gone.endswith("; the baseline takes over from the champion")


def test_every_rule_has_a_sentence_for_every_status() -> None:
    """No code is left without words, and none without its figures."""
    result = decide(GOOD, champion=champion_of(0.05 + 0.01 * ZIGZAG, GOOD))
    codes = {rule.code for rule in result.all_rules}
    assert set(WORDS) == codes | {"not_proven_better"}
    for code in codes:
        told = {explain_answer(code, status, 0.031, 0.02) for status in list(Status)[:3]}
        assert all(told)
        assert not any("{" in text for text in told)
        assert explain_answer(code, Status.NOT_ASKED, np.nan, np.nan) == ""


def test_a_rule_is_explained_for_each_sensor() -> None:
    """The same function serves one row of a table and the whole fleet."""
    evidence = replace(GOOD, valid_share=np.array([0.9, np.nan]))
    hours, *_ = (r for r in decide(evidence).rules if r.code == "too_few_valid_hours")
    assert explain_rule(hours) == [
        "the candidate has a forecast for 90 % of the hours with a reading; 70 % are enough",
        "for how many hours the candidate has a forecast is not known",
    ]
    better = decide(GOOD, strict=True).rules[-1]
    assert explain_rule(better, strict=~NOBODY)[0].startswith("proven better than the baseline")
    assert explain_answer(better.code, Status.FAIL, 0.6, 0.8) == (
        "60 % likely to be better than the baseline; 80 % are needed"
    )


def test_champions_stand_in_the_table_of_verdicts() -> None:
    """Decision, reasons and the figures of every rule, one row per sensor."""
    candidates = pl.DataFrame(
        {
            "sensor_id": ["a", "b"],
            "outcome": "trained",
            "loss": GOOD.loss.tolist(),
            "baseline_loss": GOOD.baseline_loss.tolist(),
            "hours": GOOD.hours.tolist(),
            "valid_share": [1.0, 1.0],
            "mean_error": [0.0, 0.0],
            "mae": [1.0, 1.0],
        }
    )
    sensors = pl.DataFrame({"sensor_id": ["a", "b"], "cohort": "c", "kind": "k"})
    champion = champion_of([0.05 + 0.01 * ZIGZAG, -0.05 + 0.01 * ZIGZAG], GOOD)
    table = judge_candidates(candidates, sensors, weeks=WEEKS, gate=DEFAULTS, champion=champion)
    assert table["decision"].to_list() == ["accept", "keep"]
    assert table["accepted"].to_list() == [True, False]
    assert table["reasons"].to_list() == [
        [],
        ["worse_than_champion", "surely_worse_than_champion"],
    ]
    assert table["too_soon_status"].to_list() == ["pass", "pass"]
    assert table["not_better_than_baseline_status"].to_list() == ["not_asked", "not_asked"]
    assert table["worse_than_champion_figure"].to_list() == pytest.approx([0.05, -0.05])
    assert table["champion_no_gain_threshold"].to_list() == [0.0, 0.0]
