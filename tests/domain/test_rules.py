"""Business rules: no forecast that breaks one is served, and each row says why."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from modelfleet.domain.rules import (
    MODEL,
    NO_FORECAST,
    Change,
    CohortSum,
    Limit,
    Rules,
    apply_rules,
)

NAN, INF = np.nan, np.inf
ALL = np.ones(2, dtype=bool)
FIRST, SECOND = np.array([True, False]), np.array([False, True])


def limit(low=-INF, high=INF, name="limits"):
    """The same bounds for two sensors."""
    return Limit(name, np.full(2, float(low)), np.full(2, float(high)))


def change(largest, name="jump"):
    """The same largest change for two sensors."""
    return Change(name, np.full(2, float(largest)))


def cohort_sum(low=-INF, high=INF, *, members=ALL, share_of=None, name="sum"):
    """A rule on the sum of some of two sensors."""
    return CohortSum(name, members, float(low), float(high), share_of)


def serve(forecast, *, backup=50.0, previous=None, **rules):
    """Served values and the name beside each, of two sensors."""
    forecast = np.array(forecast, dtype=float)
    known = np.broadcast_to(np.asarray(backup, dtype=float), forecast.shape)
    before = None if previous is None else np.array(previous, dtype=float)
    found = apply_rules(forecast, known, Rules(**rules), previous=before)
    return found.values.tolist(), [[found.names[code] for code in row] for row in found.code]


def test_a_forecast_that_keeps_all_rules_is_served():
    """Bounds belong to what is allowed."""
    rules = {"limits": (limit(0, 10),), "changes": (change(10),), "sums": (cohort_sum(0, 20),)}
    values, names = serve([[0, 10], [10, 10]], previous=[10, 10], **rules)
    assert values == [[0, 10], [10, 10]]
    assert names == [["model", "model"]] * 2


@pytest.mark.parametrize("missing", [NAN, INF, -INF])
def test_no_forecast_is_replaced_and_says_so(missing):
    """Whether or not there are rules; what is infinite is no forecast."""
    values, names = serve([[missing, 1], [2, 3]], backup=7)
    assert values == [[7, 1], [2, 3]]
    assert names == [["no_forecast", "model"], ["model", "model"]]


def test_beyond_a_limit_the_backup_is_served_row_by_row():
    """The row tells the first rule that it breaks; its neighbours stay."""
    strict, wide = limit(0, 10, "strict"), limit(-5, 5, "wide")
    values, names = serve([[-1, 6], [11, 5]], limits=(strict, wide))
    assert values == [[50, 50], [50, 5]]
    assert names == [["strict", "wide"], ["strict", "model"]]


def test_a_limit_holds_only_where_it_is_set():
    """Other sensors have infinite bounds."""
    own = Limit("limits", np.array([0.0, -INF]), np.array([INF, INF]))
    assert serve([[-1], [-1]], limits=(own,))[0] == [[50], [-1]]


def test_a_change_is_measured_against_what_is_served_before():
    """A spike is replaced, and so is what would jump away from its backup."""
    values, names = serve(
        [[10, 30, 12], [10, 11, 12]], backup=13, previous=[9, NAN], changes=(change(5),)
    )
    assert values == [[10, 13, 12], [10, 11, 12]]
    assert names[0] == ["model", "jump", "model"]
    values, names = serve([[10, 30, 10], [0, 0, 0]], backup=20, changes=(change(5),))
    assert values[0] == [10, 20, 20]
    assert names[0] == ["model", "jump", "jump"]


def test_the_first_change_is_measured_against_the_last_reading():
    """Where it is unknown, nothing can be said."""
    values, _ = serve([[10], [10]], previous=[0, NAN], changes=(change(5),))
    assert values == [[50], [10]]


def test_a_sum_that_does_not_add_up_replaces_the_whole_cohort():
    """At this step only: nobody can tell which sensor is to blame."""
    values, names = serve([[1, 8], [2, 9]], backup=3, sums=(cohort_sum(high=10),))
    assert values == [[1, 3], [2, 3]]
    assert names == [["model", "sum"], ["model", "sum"]]


def test_backups_count_in_the_sum():
    """What is served adds up, not what the models said."""
    values, _ = serve([[NAN], [8]], backup=3, sums=(cohort_sum(high=10),))
    assert values == [[3], [3]]


def test_a_sum_with_an_unknown_part_is_not_judged():
    """Neither forecast nor backup: the sum is unknown."""
    values, names = serve([[NAN], [99]], backup=NAN, sums=(cohort_sum(high=10),))
    assert names == [["no_forecast"], ["model"]]
    assert values[1] == [99]


@pytest.mark.parametrize(
    ("measure", "name"), [(100, "model"), (30, "sum"), (0, "model"), (-5, "model"), (NAN, "model")]
)
def test_a_sum_can_be_a_share_of_another_sensor(measure, name):
    """Bounds are shares of what is served there; nothing can be a share of nothing."""
    rule = cohort_sum(0.1, 0.5, members=FIRST, share_of=1)
    _, names = serve([[20], [measure]], backup=NAN, sums=(rule,))
    assert names[0] == [name]


def test_a_measure_that_is_replaced_is_measured_by_again():
    """A later rule changes the sensor by which an earlier sum was measured."""
    share = cohort_sum(high=0.5, members=FIRST, share_of=1, name="share")
    own = cohort_sum(high=60, members=SECOND, name="own")
    values, names = serve([[40], [100]], backup=[[1], [10]], sums=(share, own))
    assert names == [["share"], ["own"]]
    assert values == [[1], [10]]


def test_after_a_sum_the_next_change_is_measured_against_the_backup():
    """Rules of one step do not undo those of another."""
    rules = {"changes": (change(5),), "sums": (cohort_sum(high=100),)}
    values, names = serve([[60, 40], [60, 40]], backup=20, **rules)
    assert values == [[20, 20], [20, 20]]
    assert names == [["sum", "jump"]] * 2


def test_a_backup_is_served_whatever_it_is():
    """There is nothing else; where it is missing, nothing is served and the row says why."""
    values, names = serve([[-1, -1], [1, 1]], backup=[[-2, NAN]] * 2, limits=(limit(0),))
    np.testing.assert_array_equal(values, [[-2, NAN], [1, 1]])
    assert names[0] == ["limits", "limits"]


def test_how_often_is_told_per_sensor_and_rule():
    """Shares of the rows; all of a sensor's add up to 1."""
    rules = Rules(limits=(limit(0),), changes=(change(3),))
    forecast = np.array([[1.0, -1.0, NAN, 9.0], [1.0, 2.0, 3.0, 4.0]])
    found = apply_rules(forecast, np.ones((2, 4)), rules)
    assert found.names == ("model", "no_forecast", "limits", "jump")
    assert found.shares.tolist() == [[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]]


def test_one_rule_of_several_cohorts_has_one_name():
    """A row is told the rule, whichever cohort it was."""
    sums = (cohort_sum(high=1, members=FIRST), cohort_sum(high=1, members=SECOND))
    assert Rules(sums=sums).names == ("model", "no_forecast", "sum")


@pytest.mark.parametrize("rules", [Rules(), Rules(changes=(change(1),), sums=(cohort_sum(0, 1),))])
def test_no_steps_no_rows(rules):
    """Nothing to serve is no special case."""
    found = apply_rules(np.empty((2, 0)), np.empty((2, 0)), rules)
    assert found.values.shape == found.code.shape == (2, 0)
    assert np.isnan(found.shares).all()


VALUES = st.sampled_from([NAN, INF, -3.0, -1.0, 0.0, 1.0, 2.0, 5.0, 9.0])
TABLES = arrays(float, (2, 5), elements=VALUES)
BOUNDS = st.sampled_from([-INF, -1.0, 0.0, 1.0, 4.0])
LIMITS = st.builds(Limit, st.just("limits"), arrays(float, 2, elements=BOUNDS), st.just(ALL * 6.0))
CHANGES = st.builds(change, st.sampled_from([0.0, 1.0, 3.0, INF]))
MEMBERS = st.sampled_from([ALL, FIRST, SECOND])
PLACES = st.sampled_from([None, 0, 1])
SUMS = st.builds(
    CohortSum, st.sampled_from(["sum", "other"]), MEMBERS, BOUNDS, st.just(5.0), PLACES
)
RULES = st.builds(
    Rules,
    st.lists(LIMITS, max_size=2).map(tuple),
    st.lists(CHANGES, max_size=1).map(tuple),
    st.lists(SUMS, max_size=3).map(tuple),
)


@given(TABLES, TABLES, RULES, arrays(float, 2, elements=VALUES))
def test_no_value_of_a_model_that_breaks_a_rule_is_served(forecast, backup, rules, previous):
    """Whatever models, backups and rules say: what is left of the models keeps every rule."""
    before = (forecast.copy(), backup.copy(), previous.copy())
    found = apply_rules(forecast, backup, rules, previous=previous)
    for now, then in zip((forecast, backup, previous), before, strict=True):
        np.testing.assert_array_equal(now, then)
    model = found.code == MODEL
    there = np.where(np.isfinite(backup), backup, NAN)
    np.testing.assert_array_equal(found.values, np.where(model, forecast, there))
    assert np.isfinite(found.values[model]).all()
    assert ((found.code == NO_FORECAST) == ~np.isfinite(forecast)).all()
    for each in rules.limits:
        assert not (model & (found.values < each.low[:, None])).any()
        assert not (model & (found.values > each.high[:, None])).any()
    read = np.where(np.isfinite(previous), previous, NAN)
    earlier = np.column_stack([read, found.values[:, :-1]])
    with np.errstate(invalid="ignore"):
        step = np.abs(found.values - earlier)
        for each in rules.changes:
            assert not (model & (step > each.largest[:, None])).any()
        for each in rules.sums:
            measure = 1.0 if each.share_of is None else found.values[each.share_of]
            total = found.values[each.members].sum(axis=0)
            breaks = (measure > 0) & ((total < each.low * measure) | (total > each.high * measure))
            assert not model[each.members][:, breaks].any()


@given(TABLES, TABLES)
def test_rules_that_nothing_breaks_change_nothing(forecast, backup):
    """Without rules, and with bounds that are infinite."""
    endless = Rules((limit(),), (change(INF),), (cohort_sum(),))
    plain = apply_rules(forecast, backup, Rules())
    bound = apply_rules(forecast, backup, endless)
    np.testing.assert_array_equal(plain.values, bound.values)
    np.testing.assert_array_equal(plain.code, bound.code)
