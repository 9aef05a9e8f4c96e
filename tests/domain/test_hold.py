"""What holds a whole fleet, with the sensors behind it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.gates import Evidence
from modelfleet.domain.hold import (
    HOLD_CODES,
    LiveRelease,
    Proposal,
    Service,
    find_hold_reasons,
)
from modelfleet.domain.parameters.evaluation import HoldParameters

LIMITS = HoldParameters(
    demotions={"count": 5, "share": 0.1},
    flips={"count": 20, "share": 0.25},
    cohort_flips={"count": 5, "share": 0.5},
    min_cohort=10,
    sanity={"count": 3, "share": 0.05, "growth": 1.5, "first_share": 0.2},
    max_skill_fall=0.05,
    min_improvement=-0.005,
    shock={"once": 2.5, "twice": 2.0, "first": 3.0, "min_reference_weeks": 8},
    min_sensors=10,
)
N = 200
FIRST = np.arange(N)
YES, NO = np.ones(N, dtype=bool), np.zeros(N, dtype=bool)


def evidence(*, sensors=N, seed=0):
    """A quiet fleet."""
    rng = np.random.default_rng(seed)
    baseline = np.exp(0.1 * rng.normal(size=(sensors, 12)))
    return Evidence(
        loss=baseline * (0.95 + 0.05 * rng.normal(size=(sensors, 12))),
        baseline_loss=baseline,
        hours=np.full((sensors, 12), 168.0),
        valid_share=np.ones(sensors),
        mean_error=np.zeros(sensors),
        mae=np.ones(sensors),
    )


def proposal(**changed):
    """A fleet of 200 in ten cohorts of twenty, half of it on models, and nothing the matter."""
    quiet = Proposal(
        service=np.where(FIRST % 2, Service.MODEL, Service.BASELINE),
        replaced=NO,
        cohort=FIRST // 20,
        judged=YES,
        sane=YES,
        finite=YES,
        skill=np.full(N, 0.1),
        improvement=np.full(N, np.nan),
        evidence=evidence(),
    )
    return replace(quiet, **changed)


def live(**changed):
    """The live release serves all 200 in the same way."""
    same = LiveRelease(proposal().service, YES, YES, np.full(N, 0.1), np.arange(12) >= 8)
    return replace(same, **changed)


def reasons(proposed, served=None, approved=()):
    """Reasons to hold, by the default limits."""
    return find_hold_reasons(proposed, served, parameters=LIMITS, min_hours=50, approved=approved)


def codes(proposed, served=None, approved=()):
    """Their codes."""
    return [reason.code for reason in reasons(proposed, served, approved)]


def with_service(sensors, service):
    """The usual fleet, with some sensors served otherwise."""
    changed = proposal().service.copy()
    changed[sensors] = service
    return changed


def test_a_quiet_fleet_is_not_held():
    """Neither a first release nor a later one."""
    assert codes(proposal()) == codes(proposal(), live()) == []


@pytest.mark.parametrize(("count", "held"), [(10, False), (11, True)])
def test_too_many_demotions(count, held):
    """More than a tenth of the hundred sensors on a model lose it; the list names them."""
    lost = FIRST[1::18][:count]
    found = reasons(proposal(service=with_service(lost, Service.BASELINE)), live())
    assert [reason.code for reason in found] == ["too_many_demotions"] * held
    if held:
        assert (found[0].figure, found[0].threshold) == (11, 10)
        assert found[0].sensors.tolist() == lost.tolist()


def test_five_demotions_are_no_crowd():
    """In a small fleet the count is the limit: five of ten may go, six may not."""
    before = np.where(FIRST < 10, Service.MODEL, Service.BASELINE)
    for lost, held in ((5, []), (6, ["too_many_demotions"])):
        after = np.where((lost <= FIRST) & (FIRST < 10), Service.MODEL, Service.BASELINE)
        spread = {"cohort": FIRST % 10}
        assert codes(proposal(service=after, **spread), live(service=before)) == held


def test_a_sensor_that_nothing_serves_any_more_lost_its_model():
    """From a model to nothing is a demotion as well."""
    lost = FIRST[1::16]
    assert codes(proposal(service=with_service(lost, Service.NONE)), live()) == [
        "too_many_demotions"
    ]


@pytest.mark.parametrize(("count", "held"), [(50, []), (51, ["too_many_flips"])])
def test_too_many_flips(count, held):
    """More than a quarter of the served change sides, spread over cohorts."""
    won = FIRST[0::2][np.argsort(np.arange(100) % 5, kind="stable")][:count]
    served = {"service": with_service(won, Service.MODEL), "cohort": FIRST % 2}
    assert [c for c in codes(proposal(**served), live()) if c != "too_many_cohort_flips"] == held


def test_refits_and_new_sensors_are_no_flips():
    """A sensor that the live release does not serve cannot change sides."""
    nobody = live(service=np.full(N, Service.NONE))
    assert codes(proposal(replaced=YES), live()) == []
    assert codes(proposal(), nobody) == []


@pytest.mark.parametrize(("count", "held"), [(10, 0), (11, 1)])
def test_a_cohort_that_flips(count, held):
    """More than half of one cohort's twenty sensors: the reason names the cohort."""
    before = np.full(N, Service.BASELINE)
    after = np.where((FIRST >= 60) & (60 + count > FIRST), Service.MODEL, Service.BASELINE)
    found = reasons(proposal(service=after), live(service=before))
    assert [(reason.code, reason.place) for reason in found] == [
        ("too_many_cohort_flips", 3)
    ] * held


def test_a_small_cohort_is_not_looked_at_by_itself():
    """Nine sensors are no cohort of their own here."""
    before, flipped = np.full(N, Service.BASELINE), FIRST < 9
    after = np.where(flipped, Service.MODEL, Service.BASELINE)
    cohort = np.where(flipped, 0, 1)
    assert codes(proposal(service=after, cohort=cohort), live(service=before)) == []


@pytest.mark.parametrize(
    ("insane", "before", "held"),
    [(10, 0, False), (11, 0, True), (30, 20, False), (31, 20, True), (12, 8, False)],
)
def test_too_many_insane(insane, before, held):
    """Beyond 5 % and beyond one and a half times the share of the live release."""
    found = codes(proposal(sane=insane <= FIRST), live(sane=before <= FIRST))
    assert found == ["too_many_insane"] * held


def test_three_insane_sensors_are_no_crowd():
    """In a small fleet the count is the limit."""
    few = FIRST < 10
    for insane, held in ((3, []), (4, ["too_many_insane"])):
        assert codes(proposal(judged=few, sane=insane <= FIRST), live(judged=few)) == held


@pytest.mark.parametrize(("insane", "held"), [(40, []), (41, ["too_many_insane"])])
def test_a_first_release_may_have_a_fifth_insane(insane, held):
    """There is nothing to compare the share with."""
    assert codes(proposal(sane=insane <= FIRST)) == held


def test_falling_skill_names_those_that_fell():
    """The median falls by more than five points; the worst stand first."""
    fallen = np.where(FIRST < 120, 0.04, 0.1)
    fallen[7] = -1.0
    (reason,) = reasons(proposal(skill=fallen), live())
    assert reason.code == "skill_fell"
    assert reason.figure == pytest.approx(0.06)
    assert reason.sensors[0] == 7
    assert sorted(reason.sensors) == list(range(120))
    assert codes(proposal(skill=np.full(N, 0.051)), live()) == []


def test_skill_is_compared_on_sensors_known_in_both():
    """New sensors of little skill do not make the old ones worse."""
    new = FIRST < 150
    before = live(skill=np.where(new, np.nan, 0.1))
    assert codes(proposal(skill=np.where(new, -1.0, 0.1)), before) == []
    few = live(skill=np.where(FIRST < 9, 0.1, np.nan))
    assert codes(proposal(skill=np.full(N, -1.0)), few) == []


def test_replacements_that_are_worse():
    """The median replacement is more than half a percent worse than what it replaces."""
    replaced = FIRST < 40
    x = np.where(FIRST < 25, -0.006, 0.05)
    (reason,) = reasons(proposal(replaced=replaced, improvement=x), live())
    assert (reason.code, reason.figure) == ("replacements_worse", -0.006)
    assert sorted(reason.sensors) == list(range(25))
    assert codes(proposal(replaced=replaced, improvement=x + 0.002), live()) == []
    assert codes(proposal(replaced=FIRST < 9, improvement=x), live()) == []


def test_a_forecast_that_is_not_finite_is_never_released():
    """Not even one; on a sensor that its baseline serves it does not matter."""
    broken = FIRST == 3
    for served in (None, live()):
        (reason,) = reasons(proposal(finite=~broken), served)
        assert (reason.code, reason.sensors.tolist()) == ("not_finite", [3])
    assert codes(proposal(finite=FIRST != 2)) == []


@pytest.mark.parametrize("skill", [0.0, -0.1, np.nan])
def test_a_first_release_must_be_of_use(skill):
    """The median skill of what a model would serve is above zero, and known."""
    (reason,) = reasons(proposal(skill=np.full(N, skill)))
    assert reason.code == "no_skill"
    assert reason.sensors.tolist() == FIRST[1::2].tolist()
    assert codes(proposal(skill=np.full(N, skill), service=np.full(N, Service.BASELINE))) == []


def shocked(code, size, weeks):
    """Evidence with a shock in gain or in loss that all sensors share."""
    quiet = evidence()
    loss, baseline = quiet.loss.copy(), quiet.baseline_loss.copy()
    loss[:, weeks] *= 1 + size
    if code == "shock_in_loss":
        baseline[:, weeks] *= 1 + size
    return replace(quiet, loss=loss, baseline_loss=baseline)


@pytest.mark.parametrize("served", [None, live()], ids=["first", "later"])
@pytest.mark.parametrize("code", ["shock_in_gain", "shock_in_loss"])
def test_a_common_shock(served, code):
    """A bad week of the whole fleet holds a first release and a later one."""
    found = reasons(proposal(evidence=shocked(code, 0.6, [9])), served)
    assert code in [reason.code for reason in found]
    assert all(reason.place == 9 for reason in found)
    assert all(len(reason.sensors) > 90 for reason in found)


def test_two_lesser_shocks_are_one():
    """Twice 2 to 2.5 standard deviations is as telling as once 2.5."""
    size = 0.125
    once = reasons(proposal(evidence=shocked("shock_in_gain", size, [9])), live())
    twice = reasons(proposal(evidence=shocked("shock_in_gain", size, [9, 11])), live())
    assert once == []
    assert [(reason.code, reason.threshold) for reason in twice] == [("shock_in_gain", 2.0)]


def test_weeks_without_hours_are_no_shock():
    """A week of a few hours says nothing of a sensor."""
    found = shocked("shock_in_gain", 5.0, [9])
    hours = np.where(np.arange(12) == 9, 49.0, found.hours)
    assert codes(proposal(evidence=replace(found, hours=hours)), live()) == []


def test_an_approval_clears_named_codes_only():
    """What people looked at is cleared; the rest still holds. A misspelt code is an error."""
    proposed = proposal(
        sane=FIRST >= 41, finite=FIRST != 3, evidence=shocked("shock_in_gain", 0.6, [9])
    )
    found = codes(proposed)
    assert set(found) >= {"too_many_insane", "not_finite", "shock_in_gain"}
    cleared = codes(proposed, approved={"too_many_insane", "shock_in_gain"})
    assert cleared == [c for c in found if c not in {"too_many_insane", "shock_in_gain"}]
    assert codes(proposed, approved=HOLD_CODES) == []
    with pytest.raises(ValueError, match=r"\['too_many_insanes'\] are no reasons to hold"):
        codes(proposed, approved=["too_many_insanes"])


@given(seed=st.integers(0, 999))
def test_a_first_release_is_never_held_by_flips(seed):
    """Whatever would serve: there is nothing that it changes."""
    rng = np.random.default_rng(seed)
    service = rng.integers(0, 3, N)
    assert codes(proposal(service=service)) == []


def test_an_empty_fleet_is_not_held():
    """No sensors, no reasons, no error."""
    empty = {name: getattr(proposal(), name)[:0] for name in vars(proposal()) if name != "evidence"}
    nothing = Proposal(**empty, evidence=evidence(sensors=0))
    before = live()
    served = LiveRelease(
        *(getattr(before, n)[:0] for n in ("service", "judged", "sane", "skill")), before.recent
    )
    assert codes(nothing) == codes(nothing, served) == []


def test_every_code_is_listed():
    """An approval can name each of them."""
    assert len(set(HOLD_CODES)) == len(HOLD_CODES) == 10
