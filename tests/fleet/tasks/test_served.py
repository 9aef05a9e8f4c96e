"""The evidence is about what would be served: rules are kept, and intervals are made of the rest.

A small fleet through the real tasks.
"""

from typing import Any

import numpy as np
import pytest

from modelfleet.domain.lineage import canonical_json
from modelfleet.fleet.roster import Member, Roster
from modelfleet.fleet.sensor_rules import SensorRules
from modelfleet.fleet.tasks import BaselineTask, TrainingTask
from modelfleet.fleet.tasks.comparison import ChampionModel, ComparisonTask
from tests.fleet.tasks.test_tasks import (
    AXIS,
    BACKTEST,
    INTERVALS,
    WEEK,
    fit_baselines,
    noise,
    shard,
    train,
    training,
)

LOW = SensorRules(limits=(("not_below_ten", 10.0, float("inf")),))
JUMPS = SensorRules(changes=(("no_jump", 0.8),))
HARMLESS = SensorRules(
    limits=(("not_below_minus_100", -100.0, 1000.0),), changes=(("no_leap", 500.0),)
)
TWELVE_WEEKS = BACKTEST.model_copy(update={"weeks": 12})


def bound(rules: SensorRules, name: str = "a", **more: Any) -> dict[str, Any]:
    """The row of one sensor that has to keep these rules."""
    return train(shard(**{name: noise(name)}), Member(name, "r", rules=rules), **more)[name]


def test_a_rule_that_strikes_shows_its_share_and_the_loss_of_what_is_served() -> None:
    """Rows below ten are the baseline's: their errors, and no longer the model's."""
    free, held = bound(SensorRules()), bound(LOW)
    said = np.array(free["forecast_trace"])
    low = said < 10
    assert 0 < low.mean() < 1
    served = np.where(low, free["baseline_trace"], said)
    np.testing.assert_array_equal(held["forecast_trace"], served)
    error = np.abs(served - np.array(free["actual_trace"])).reshape(2, WEEK).mean(axis=1)
    np.testing.assert_allclose(held["loss"][-2:], error, rtol=1e-5)
    assert held["loss"] != free["loss"]
    assert held["rules_broken"] == ["not_below_ten"]
    assert low.sum() < held["rows_replaced"][0] < held["forecast_rows"] == 4 * WEEK


def test_what_cannot_be_changed_by_rules_is_not() -> None:
    """The model itself, the baseline's losses, the hours compared, and how often it forecasts."""
    free, held = bound(SensorRules()), bound(LOW)
    for name in ("coefficients", "intercept", "baseline_loss", "hours", "valid_share"):
        assert held[name] == free[name]
    assert held["version"] != free["version"], "its interval is another"


def test_errors_residuals_and_interval_are_those_of_what_is_served() -> None:
    """One limit that everything breaks leaves the baseline's evidence, hour for hour."""
    high = SensorRules(limits=(("never", 1e6, float("inf")),))
    row = bound(high)
    own = fit_baselines(shard(a=noise("a")), Member("a", "weekly_naive"))["a"]
    assert row["loss"] == row["baseline_loss"] == own["loss"]
    for name in ("mae", "mase", "rmsse", "interval", "interval_factor", "coverage"):
        assert row[name] == own[name]
    assert row["rows_replaced"] == [4 * WEEK]


def test_jumps_are_replaced_until_the_model_is_near_again() -> None:
    """Counted under their own rule, with a limit beside it."""
    both = SensorRules(limits=LOW.limits, changes=JUMPS.changes)
    row = bound(both)
    assert row["rules_broken"] == ["not_below_ten", "no_jump"]
    assert all(0 < rows < 4 * WEEK for rows in row["rows_replaced"])
    steps = np.abs(np.diff(row["forecast_trace"])).reshape(-1)
    assert steps.max() > 0.8, "a backup is served whatever it is"


def test_a_rule_that_never_strikes_changes_nothing_to_the_bit() -> None:
    """All but the version, which tells that it was asked."""
    free, held = bound(SensorRules()), bound(HARMLESS)
    assert held.pop("version") != free.pop("version")
    assert held == free
    assert held["rules_broken"] == held["rows_replaced"] == []


def test_hours_without_a_forecast_are_counted_and_not_judged() -> None:
    """The backup serves them, but a model is not judged by its backup."""
    young = noise("a")
    young[: -8 * WEEK] = np.nan
    free, held = (
        train(shard(a=young), Member("a", "r", rules=rules))["a"] for rules in (SensorRules(), LOW)
    )
    assert 0 < free["forecast_rows"] < 4 * WEEK
    assert free["rules_broken"] == ["no_forecast"]
    assert held["rules_broken"] == ["no_forecast", "not_below_ten"]
    assert free["rows_replaced"][0] == held["rows_replaced"][0] == 4 * WEEK - free["forecast_rows"]
    assert held["hours"] == free["hours"]


def test_neighbours_do_not_change_an_interval() -> None:
    """To the bit, though all are tracked together."""
    members = {name: Member(name, "r", rules=LOW) for name in "abcdef"}
    readings = {name: noise(name) * (10.0 ** (k - 3)) for k, name in enumerate(members)}
    together = train(shard(**readings), *members.values())
    for name, member in members.items():
        assert together[name] == train(shard(**{name: readings[name]}), member)[name]


def test_intervals_cover_about_what_they_promise() -> None:
    """Of model and backup; the backup errs more and has the wider interval."""
    more = {"backtest": TWELVE_WEEKS}
    row = bound(SensorRules(), **more)
    own = fit_baselines(shard(a=noise("a")), Member("a", "weekly_naive"), **more)["a"]
    for found in (row, own):
        covered = [week for week in found["coverage"] if week is not None]
        assert len(covered) >= 9
        assert 0.8 < np.mean(covered) < 0.97
        assert len(found["interval"]) == 48
    assert np.mean(row["interval"]) < np.mean(own["interval"])


@pytest.mark.parametrize("task", [TrainingTask, BaselineTask])
def test_intervals_shape_versions_and_fingerprints(task: type) -> None:
    """Another coverage is another model version; a stricter look at coverage is not."""
    wider = INTERVALS.model_copy(update={"coverage": 0.95})
    stricter = INTERVALS.model_copy(update={"sound_from": 0.85})
    made = train if task is TrainingTask else fit_baselines
    member = Member("a", "r" if task is TrainingTask else "weekly_naive")
    usual, other, same = (
        made(shard(a=noise("a")), member, intervals=each)["a"]
        for each in (INTERVALS, wider, stricter)
    )
    assert usual["version"] == same["version"] != other["version"]
    assert np.mean(other["interval"][:24]) > np.mean(usual["interval"][:24])


def test_sensors_without_readings_have_no_interval() -> None:
    """Their backup may still serve; nobody knows how far off it is."""
    rows = fit_baselines(shard(b=noise("b")), Member("b", "best"), Member("c", "best"))
    assert set(rows["c"]["interval"]) == {None}
    assert len(rows["b"]["trace"]) == 2 * WEEK
    workdays, weekends = rows["b"]["interval"][:24], rows["b"]["interval"][24:]
    assert None not in workdays
    assert set(weekends) == {None}, "eight of each hour in four weeks"


def test_a_champion_keeps_the_rules_that_its_challenger_keeps() -> None:
    """Both are judged by what would be served: here, by a limit that everything breaks."""
    readings = shard(a=noise("a"))
    row = train(readings, Member("a", "r"))["a"]
    recipe = training().recipes["r"].model_dump(mode="json", by_alias=True)
    champion = ChampionModel(
        version="c",
        specification=canonical_json(recipe),
        feature_names=tuple(row["feature_names"]),
        coefficients=tuple(row["coefficients"]),
        intercept=row["intercept"],
        model_bytes=None,
        trained_to=AXIS.first,
    )
    never = SensorRules(limits=(("never", 1e6, float("inf")),))
    free, held = (
        ComparisonTask(
            TrainingTask(
                Roster({0: (Member("a", "r", rules=rules),)}),
                {"a": "weekly_naive"}, 4, AXIS, 24, training(), BACKTEST, INTERVALS,
            ),
            recipes={"a": "r"},
            champions={"a": champion},
        ).run(readings).row(0, named=True)
        for rules in (SensorRules(), never)
    )  # fmt: skip
    assert free["outcome"] == held["outcome"] == "compared"
    assert held["loss"] == held["baseline_loss"] == free["baseline_loss"]
    assert max(free["loss"]) < min(held["loss"]), "it knows these weeks"
    assert held["valid_share"] == free["valid_share"] == 1.0
