"""No candidate is ever accepted on evidence that says nothing."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.gates import ChampionEvidence, Evidence
from tests.domain.gates.fleets import champion_of, clearly_better, decide, evidence_of

SENSORS = 40
TABLES = ("loss", "baseline_loss", "hours")
FIGURES = ("valid_share", "mean_error", "mae")


def good():
    """A fleet in which every candidate enters, or takes over from its champion."""
    evidence = evidence_of(clearly_better(SENSORS))
    rng = np.random.default_rng(1)
    improvements = 0.05 + 0.01 * rng.normal(size=evidence.loss.shape)
    return evidence, champion_of(improvements, evidence)


def one_week(table, week):
    """Only this week is known."""
    kept = np.full(table.shape, np.nan)
    kept[:, week] = table[:, week]
    return kept


SPOILED = {
    "nan": lambda table, _: np.full(table.shape, np.nan),
    "empty": lambda table, _: np.full(table.shape, np.nan)[:, :0],
    "one_week": one_week,
}


def cut(found, weeks):
    """Evidence over the first so many weeks."""
    tables = {
        each.name: getattr(found, each.name)[:, :weeks]
        for each in fields(found)
        if getattr(found, each.name).ndim == 2
    }
    return replace(found, **tables)


def test_the_good_fleet_is_accepted_both_ways():
    """The tests below spoil evidence that would pass."""
    evidence, champion = good()
    for strict in (False, True):
        assert decide(evidence, strict=strict).accepted.all()
        assert decide(evidence, champion=champion, strict=strict).accepted.all()


@given(
    name=st.sampled_from(TABLES),
    how=st.sampled_from(["nan", "one_week"]),
    week=st.integers(0, 11),
    strict=st.booleans(),
    challenged=st.booleans(),
)
def test_a_spoiled_table_is_never_accepted(name, how, week, strict, challenged):
    """Whichever weekly figure of the candidate is missing, entering or taking over."""
    evidence, champion = good()
    spoiled = replace(evidence, **{name: SPOILED[how](getattr(evidence, name), week)})
    result = decide(spoiled, champion=champion if challenged else None, strict=strict)
    assert not result.accepted.any()


@given(
    name=st.sampled_from(FIGURES),
    value=st.sampled_from([np.nan, np.inf, -np.inf]),
    challenged=st.booleans(),
)
def test_a_missing_figure_is_never_accepted(name, value, challenged):
    """A share or a bias that is no number."""
    evidence, champion = good()
    spoiled = replace(evidence, **{name: np.full(SENSORS, value)})
    assert not decide(spoiled, champion=champion if challenged else None).accepted.any()


@given(
    name=st.sampled_from(["loss", "candidate_loss", "hours", "out_of_sample"]),
    how=st.sampled_from(["nan", "one_week"]),
    week=st.integers(0, 11),
    same_recipe=st.booleans(),
)
def test_a_champion_is_never_replaced_on_spoiled_evidence(name, how, week, same_recipe):
    """Whichever weekly figure of the comparison is missing."""
    evidence, champion = good()
    table = SPOILED[how](getattr(champion, name).astype(float), week)
    table = np.nan_to_num(table).astype(bool) if name == "out_of_sample" else table
    recipes = np.full(SENSORS, same_recipe)
    spoiled = replace(champion, **{name: table}, same_recipe=recipes)
    assert not decide(evidence, champion=spoiled).accepted.any()


@given(
    level=st.floats(-0.5, 0.9),
    weeks=st.integers(0, 12),
    same_recipe=st.booleans(),
    strict=st.booleans(),
)
def test_constant_evidence_is_never_accepted(level, weeks, same_recipe, strict):
    """Weeks that are all the same are a copy of something, however good it looks."""
    evidence, champion = good()
    constant = evidence_of(np.full((SENSORS, weeks), level))
    assert not decide(constant, strict=strict).accepted.any()
    copied = np.full(champion.loss.shape, 1.0)
    recipes = np.full(SENSORS, same_recipe)
    spoiled = replace(
        champion, loss=copied, candidate_loss=copied * (1 - level), same_recipe=recipes
    )
    assert not decide(evidence, champion=spoiled).accepted.any()


@given(weeks=st.integers(0, 7), strict=st.booleans(), challenged=st.booleans())
def test_too_few_weeks_are_never_accepted(weeks, strict, challenged):
    """None at all, one, and up to seven."""
    evidence, champion = (cut(each, weeks) for each in good())
    result = decide(evidence, champion=champion if challenged else None, strict=strict)
    assert not result.accepted.any()


@given(
    data=st.data(),
    strict=st.booleans(),
    sensors=st.integers(1, 35),
)
def test_any_mixture_of_nonsense_is_judged_without_an_error(data, strict, sensors):
    """Zeros, infinities and gaps in any table: a verdict, and never a yes without figures."""
    nonsense = st.sampled_from([0.0, 1.0, np.nan, np.inf, -1.0, 168.0])

    def table(shape):
        size = int(np.prod(shape))
        drawn = data.draw(st.lists(nonsense, min_size=size, max_size=size))
        return np.array(drawn).reshape(shape)

    seed = data.draw(st.integers(0, 999))
    rng = np.random.default_rng(seed)
    shape = (sensors, 12)
    row = table((1, 12))
    evidence = Evidence(
        *(np.where(rng.random(shape) < 0.5, row, 1.0) for _ in range(3)),
        *(table((sensors,)) for _ in range(3)),
    )
    champion = replace(
        ChampionEvidence.none(*shape),
        serves_model=rng.random(sensors) < 0.5,
        same_recipe=rng.random(sensors) < 0.5,
        same_model=rng.random(sensors) < 0.2,
        out_of_sample=rng.random(shape) < 0.7,
        loss=np.where(rng.random(shape) < 0.5, row, 1.0),
        candidate_loss=np.where(rng.random(shape) < 0.5, row, 1.0),
        hours=np.full(shape, 168.0),
    )
    result = decide(evidence, champion=champion, strict=strict)
    assert set(result.decision.tolist()) <= {0, 1, 2}
    for sensor in np.flatnonzero(result.accepted):
        assert result.reasons(sensor) == []
        assert np.isfinite(result.gain.mean[sensor])


@pytest.mark.parametrize("strict", [False, True])
def test_an_empty_fleet_with_champions_is_judged(strict):
    """No sensors, no decisions, no error."""
    evidence = evidence_of(np.empty((0, 12)))
    result = decide(evidence, champion=ChampionEvidence.none(0, 12), strict=strict)
    assert result.decision.shape == (0,)
    assert result.objections.shape == (0, len(result.all_rules))
