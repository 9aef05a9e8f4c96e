"""Several recipes compete for a sensor, on weeks that the gate does not use."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.fleet.blocks import blocks
from modelfleet.fleet.judged import judged_series
from modelfleet.fleet.roster import Member, Roster
from modelfleet.fleet.tasks import TrainingTask
from modelfleet.fleet.tasks.competition import earlier_weeks
from tests.fleet.tasks.test_tasks import (
    AXIS,
    BACKTEST,
    FIRST,
    INTERVALS,
    WEEK,
    WEEKS,
    noise,
    shard,
    train,
    training,
)

JUDGED = BACKTEST.weeks
ORIGIN = (WEEKS - JUDGED) * WEEK
"""The first judged step: what competes may not know it."""

RIDGE = {"class": "sklearn.linear_model.Ridge", "arguments": {"alpha": 1.0}}
STIFF = {"class": "sklearn.linear_model.Ridge", "arguments": {"alpha": 1e4}}
NET = {"class": "sklearn.linear_model.ElasticNet", "arguments": {"alpha": 0.1}}
RAISING = {"class": "tests.estimators.Raising"}
PARTICULAR: dict[str, Any] = {"class": "tests.estimators.Particular", "standardise": False}
TIRED = {**PARTICULAR, "arguments": {"most": ORIGIN}}
LATE = {**PARTICULAR, "arguments": {"least": ORIGIN - 3 * WEEK // 2}}

RECIPES: dict[str, dict[str, Any]] = {
    "weekly": {"features": {"weeks": [1]}, "estimator": RIDGE},
    "daily": {"features": {"lags": [24]}, "estimator": RIDGE},
    "same": {"features": {"weeks": [1]}, "estimator": RIDGE},
    "stiff": {"features": {"weeks": [1]}, "estimator": STIFF},
    "net": {"features": {"weeks": [1]}, "estimator": NET},
    "screened": {"features": {"lags": [24]}, "estimator": NET, "screen": "weekly"},
    "raising": {"features": {"weeks": [1]}, "estimator": RAISING},
    "rainy": {"features": {"weeks": [1], "covariates": ["rain"]}, "estimator": RIDGE},
    "tired": {"features": {"weeks": [1]}, "estimator": TIRED},
    "late": {"features": {"weeks": [1]}, "estimator": LATE},
    "old": {"features": {"weeks": [16], "max_missing_share": 0.0}, "estimator": RIDGE},
}


def parameters(*assigned: str) -> TrainingParameters:
    """All recipes, some of them assigned."""
    return TrainingParameters.model_validate(
        {
            "allowed_packages": ["sklearn", "tests"],
            "recipes": RECIPES,
            "assign": {"default": list(assigned)},
        }
    )


def compete(values: np.ndarray, *names: str, **more: Any) -> dict[str, Any]:
    """The row of a sensor for which recipes compete."""
    member = Member("a", names[0], rivals=names[1:])
    return train(shard(a=values), member, parameters=parameters(*names), **more)["a"]


def alone(values: np.ndarray, name: str, **more: Any) -> dict[str, Any]:
    """The row of a sensor with one recipe."""
    return compete(values, name, **more)


def turning() -> np.ndarray:
    """Every week like the last, until the judged weeks: there every day is like the one before."""
    generator = np.random.default_rng(5)
    week = generator.normal(scale=5, size=7).repeat(24)
    values = 50 + np.tile(week, WEEKS) + generator.normal(scale=0.5, size=WEEKS * WEEK)
    level = generator.normal(scale=8, size=JUDGED * 7).cumsum().repeat(24)
    values[ORIGIN:] = 50 + level + generator.normal(scale=0.5, size=JUDGED * WEEK)
    return values


def without(row: dict[str, Any]) -> dict[str, Any]:
    """A row but for what it tells of the competition."""
    told = {"contenders", "choice_loss", "contender_reasons"}
    return {key: value for key, value in row.items() if key not in told}


def test_the_best_before_the_judged_weeks_is_taken_whatever_happens_in_them() -> None:
    """A recipe that would win on the judged weeks does not: they are for the gate alone."""
    values = turning()
    row = compete(values, "daily", "weekly")
    assert row["recipe"] == "weekly"
    assert row["contenders"] == ["daily", "weekly"]
    assert row["choice_loss"][1] < row["choice_loss"][0]
    weekly, daily = alone(values, "weekly"), alone(values, "daily")
    assert np.mean(daily["loss"]) < np.mean(weekly["loss"])
    assert without(row) == without(weekly), "the winner is what it is without rivals"


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), scale=st.sampled_from([1.0, 1e3, 1e9]), lost=st.booleans())
def test_no_judged_step_shapes_the_choice(seed: int, scale: float, lost: bool) -> None:
    """Other readings there, enormous ones or none, leave every loss as it was, to the bit."""
    names = ("daily", "weekly", "stiff", "net")
    values = noise("a")
    changed = values.copy()
    changed[ORIGIN:] = np.random.default_rng(seed).normal(scale=scale, size=JUDGED * WEEK)
    if lost:
        changed[ORIGIN:] = np.nan
        changed[-1] = 1.0
    losses = [compete(series, *names)["choice_loss"] for series in (values, changed)]
    assert losses[0] == losses[1]


def test_what_competes_ends_where_the_judged_weeks_begin() -> None:
    """The series, its events and its calendar are cut off there."""
    excluded = ((FIRST + ORIGIN - 5, FIRST + ORIGIN + 5),)
    member = Member("a", "r", excluded)
    (block,) = dict(blocks(shard(a=noise("a")), AXIS)).values()
    earlier = earlier_weeks(judged_series(block, member, AXIS, weeks=JUDGED), AXIS, weeks=2)
    assert len(earlier.series.values) == len(earlier.calendar) == ORIGIN
    assert earlier.series.excluded.sum() == 5
    assert earlier.actual.shape == (2, WEEK)
    np.testing.assert_array_equal(
        earlier.actual.reshape(-1)[:-5], noise("a")[ORIGIN - 2 * WEEK : ORIGIN - 5]
    )


def test_the_first_wins_a_tie() -> None:
    """Equal recipes under two names."""
    for names in (("weekly", "same"), ("same", "weekly")):
        row = compete(noise("a"), *names)
        assert row["choice_loss"][0] == row["choice_loss"][1]
        assert row["recipe"] == names[0]


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(["daily", "weekly", "stiff", "same", "raising"]))
def test_another_order_of_the_list_changes_ties_only(order: Sequence[str]) -> None:
    """Each contender keeps its loss to the bit, and the winner its evidence."""
    usual = compete(noise("a"), "daily", "weekly", "stiff", "same", "raising")
    row = compete(noise("a"), *order)
    known = dict(zip(usual["contenders"], usual["choice_loss"], strict=True))
    np.testing.assert_array_equal(row["choice_loss"], [known[name] for name in order])
    assert known[row["recipe"]] == known[usual["recipe"]]
    assert row["loss"] == usual["loss"]


@pytest.mark.parametrize("broken", ["raising", "rainy"])
def test_a_contender_that_raises_is_out_of_the_race_with_its_reason(broken: str) -> None:
    """An estimator or a feature that fails costs nobody the sensor."""
    row = compete(noise("a"), broken, "weekly")
    assert (row["outcome"], row["recipe"], row["reason"]) == ("trained", "weekly", None)
    assert np.isnan(row["choice_loss"][0])
    assert row["contender_reasons"][1] is None
    assert ("always raises" if broken == "raising" else "no covariate 'rain'") in (
        row["contender_reasons"][0]
    )


def test_where_all_raise_the_sensor_failed_with_the_reason_of_the_first() -> None:
    """And its row says of each why."""
    row = compete(noise("a"), "raising", "rainy")
    assert row["outcome"] == "failed"
    assert row["reason"] == row["contender_reasons"][0]
    assert "no covariate 'rain'" in row["contender_reasons"][1]
    assert row["loss"] is None


def test_a_young_sensor_gets_the_first_that_can_be_fitted() -> None:
    """Nothing can be forecast before the judged weeks: the list is an order of preference."""
    young = np.full(WEEKS * WEEK, np.nan)
    young[-7 * WEEK :] = noise("a", 7 * WEEK)
    row = compete(young, "daily", "weekly")
    assert row["recipe"] == "daily"
    assert np.isnan(row["choice_loss"]).all()
    shorter = np.where(np.arange(WEEKS * WEEK) < ORIGIN + 3, np.nan, noise("a"))
    row = compete(shorter, "raising", "daily", backtest=shortly())
    assert row["recipe"] == "daily", "nothing lies before the judged weeks, and the first raises"


def shortly() -> Any:
    """A backtest that is content with a week of training."""
    return BACKTEST.model_copy(update={"min_training_weeks": 1})


def test_a_winner_that_fails_in_the_judged_weeks_gives_way() -> None:
    """The next best of the choice serves: no judged loss is looked at, and the sensor stays."""
    values = turning()
    row = compete(values, "daily", "tired")
    assert row["choice_loss"][1] < row["choice_loss"][0]
    assert row["recipe"] == "daily"
    assert row["contender_reasons"][0] is None
    assert "not what I learn from" in row["contender_reasons"][1]
    assert without(row) == without(alone(values, "daily"))


def test_who_raised_before_the_judged_weeks_does_not_come_back() -> None:
    """Even where nobody had a forecast there, and it could be fitted by now."""
    values = noise("a")
    row = compete(values, "late", "old")
    assert np.isnan(row["choice_loss"]).all()
    assert row["recipe"] == "old"
    assert "not what I learn from" in row["contender_reasons"][0]
    assert alone(values, "late")["outcome"] == "trained"


def test_excluded_hours_do_not_shape_the_choice() -> None:
    """An event in the weeks of the choice is left out there like everywhere."""
    start = ORIGIN - WEEK
    period = ((FIRST + start, FIRST + start + 48),)
    strange = noise("a")
    strange[start : start + 48] += 500
    rows = []
    for excluded in ((), period):
        member = Member("a", "daily", excluded, rivals=("weekly",))
        chosen = parameters("daily", "weekly")
        rows.append(train(shard(a=strange), member, parameters=chosen)["a"]["choice_loss"])
    assert max(rows[1]) < min(rows[0])


def test_a_dear_contender_is_its_screen_where_that_is_good_enough() -> None:
    """On the weeks of the choice as in the judged ones; a tie with the screen itself is a tie."""
    backtest = BACKTEST.model_copy(update={"weeks": 8, "choice_weeks": 8})
    values = noise("a")
    row = compete(values, "weekly", "screened", backtest=backtest)
    losses = dict(zip(row["contenders"], row["choice_loss"], strict=True))
    assert losses["weekly"] == losses["screened"]
    assert row["recipe"] == "weekly"
    lively = np.random.default_rng(1).normal(size=WEEKS * 7).cumsum().repeat(24) + values
    row = compete(lively, "weekly", "screened", backtest=backtest)
    assert row["choice_loss"][1] != row["choice_loss"][0]


def test_neighbours_do_not_change_who_wins() -> None:
    """To the bit: memory is shared by all sensors of a shard, one after the other."""
    names = ("daily", "weekly", "stiff")
    members = [Member(name, names[0], rivals=names[1:]) for name in "ab"]
    chosen = parameters(*names)
    together = train(shard(a=turning(), b=noise("b")), *members, parameters=chosen)
    single = train(shard(b=noise("b")), members[1], parameters=chosen)
    assert together["b"] == single["b"]


def test_a_single_recipe_tells_of_no_competition() -> None:
    """The columns are empty, and the row is that of a task that knows no rivals."""
    row = train(shard(a=noise("a")), Member("a", "r"))["a"]
    assert (row["contenders"], row["choice_loss"], row["contender_reasons"]) == (None, None, None)


def task(parameters: TrainingParameters, *members: Member) -> TrainingTask:
    """A task on some members."""
    return TrainingTask(Roster({0: members}), {}, 4, AXIS, 24, parameters, BACKTEST, INTERVALS)


def test_every_contender_shapes_the_result() -> None:
    """Another rival, another order or another penalty of a rival is another result."""
    chosen = parameters("weekly", "daily")
    bent = dict(chosen.recipes)
    bent["daily"] = bent["daily"].model_copy(update={"estimator": bent["stiff"].estimator})
    found = {
        task(chosen, Member("a", "weekly")).fingerprint(),
        task(chosen, Member("a", "weekly", rivals=("daily",))).fingerprint(),
        task(chosen, Member("a", "daily", rivals=("weekly",))).fingerprint(),
        task(
            chosen.model_copy(update={"recipes": bent}), Member("a", "weekly", rivals=("daily",))
        ).fingerprint(),
    }
    assert len(found) == 4


def test_every_contender_is_work() -> None:
    """The engine hands out fewer sensors at a time."""
    chosen = parameters("weekly")
    assert task(chosen, Member("a", "weekly", rivals=("daily",))).effort() == 2
    assert task(chosen, Member("a", "weekly", rivals=("net",))).effort() == 51


def test_the_table_holds_lists_of_any_length() -> None:
    """Sensors with two, three and no rivals stand in one table."""
    members = [
        Member("a", "daily", rivals=("weekly", "stiff")),
        Member("b", "daily", rivals=("weekly",)),
        Member("c", "daily"),
    ]
    readings = shard(a=noise("a"), b=noise("b"), c=noise("c"))
    rows = train(readings, *members, parameters=parameters("daily", "weekly", "stiff"))
    assert [len(rows[name]["choice_loss"] or []) for name in "abc"] == [3, 2, 0]
    assert isinstance(pl.DataFrame(list(rows.values())), pl.DataFrame)


def test_one_assigned_recipe_is_a_list_of_one() -> None:
    """A bare name and a list with one name are the same configuration."""
    bare = training().model_dump(by_alias=True)
    listed = {**bare, "assign": {"default": ["r"]}}
    assert TrainingParameters.model_validate(bare) == TrainingParameters.model_validate(listed)
