"""Tasks: from one shard's readings to a row per sensor."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelfleet.domain.baselines import SensorFacts
from modelfleet.domain.columns import Columns
from modelfleet.domain.features import Covariates, build_design
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.fleet import BacktestParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.domain.parameters.validation import ProfileParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import blocks
from modelfleet.fleet.judged import judged_series
from modelfleet.fleet.model_bytes import model_from_bytes
from modelfleet.fleet.roster import Member, Roster
from modelfleet.fleet.tasks import BaselineTask, ProfileTask, TrainingTask
from tests.fleet.test_pieces import START

WEEK = 168
WEEKS = 24
FIRST = int(START.timestamp()) // 3600
AXIS = Axis(60, "UTC", FIRST, FIRST + WEEKS * WEEK)
PROFILE = ProfileParameters(
    recent_weeks=4, stuck_hours=24, jump_factor=5, hold_days=7, swap_factor=1
)
BACKTEST = BacktestParameters(weeks=4, choice_weeks=2, min_training_weeks=4)
INTERVALS = IntervalParameters(
    coverage=0.9,
    window=4,
    tolerance=0.02,
    lowest_target=0.8,
    highest_target=0.97,
    remember=0.6,
    min_log_factor=-0.5,
    max_log_factor=1.5,
    sound_from=0.8,
    sound_to=0.98,
)
FEATURES = {
    "lags": [24, 48], "weeks": [1, 2], "weeks_median": True, "seasonal_mean": True,
    "levels": [24], "deviations": [24], "daily_harmonics": 2,
}  # fmt: skip


def noise(sensor_id: str, length: int = WEEKS * WEEK) -> np.ndarray:
    """A daily wave with an autoregressive disturbance, the same for the same name."""
    generator = np.random.default_rng(len(sensor_id) * 7 + ord(sensor_id[0]))
    shocks = generator.normal(size=length)
    out = np.zeros(length)
    for i in range(1, length):
        out[i] = 0.95 * out[i - 1] + 0.3 * shocks[i]
    return 10 + 3 * np.sin(2 * np.pi * np.arange(length) / 24) + out


def shard(**series: Any) -> pl.DataFrame:
    """Readings of some sensors, sorted."""
    frames = [
        pl.DataFrame(
            {
                "sensor_id": [name] * len(values),
                "timestamp": pl.datetime_range(
                    START, interval="1h", end=AXIS.time(FIRST + len(values) - 1), eager=True
                ).cast(pl.Datetime("us", "UTC")),
                "value": pl.Series(values, dtype=pl.Float64).fill_nan(None),
            }
        )
        for name, values in series.items()
    ]
    return pl.concat(frames).sort("sensor_id", "timestamp")


def training(estimator: dict[str, Any] | None = None, **features: Any) -> TrainingParameters:
    """One recipe."""
    chosen = estimator or {"class": "sklearn.linear_model.Ridge", "arguments": {"alpha": 5.0}}
    recipe = {"features": {**FEATURES, **features}, "estimator": chosen}
    return TrainingParameters.model_validate(
        {
            "allowed_packages": ["sklearn"],
            "recipes": {"r": recipe},
            "assign": {"default": "r"},
        }
    )


def train(
    readings: pl.DataFrame,
    *members: Member,
    parameters: TrainingParameters | None = None,
    **more: Any,
) -> dict[str, dict[str, Any]]:
    """Rows by sensor."""
    task = TrainingTask(
        roster=Roster({0: members}),
        baselines={member.sensor_id: "weekly_naive" for member in members},
        baseline_weeks=4,
        axis=AXIS,
        horizon=24,
        parameters=parameters or training(),
        backtest=BACKTEST,
        intervals=INTERVALS,
    )
    rows = replace(task, **more).run(readings).iter_rows(named=True)
    return {row["sensor_id"]: row for row in rows}


def test_the_served_model_is_scikit_learns() -> None:
    """Coefficients of the fast path forecast what a pipeline of scikit-learn forecasts."""
    readings = shard(a=noise("a"))
    row = train(readings, Member("a", "r"))["a"]
    assert row["outcome"] == "trained"
    block = dict(blocks(readings, AXIS))["a"]
    judged = judged_series(block, Member("a", "r"), AXIS, weeks=4)
    design = build_design(
        judged.series, judged.calendar, training().recipes["r"].features, horizon=24
    )
    rows = judged.series.learnable & design.usable
    reference = make_pipeline(StandardScaler(), Ridge(alpha=5.0))
    reference.fit(design.values[rows], judged.series.values[rows])
    own = design.values[rows] @ np.array(row["coefficients"]) + row["intercept"]
    np.testing.assert_allclose(own, reference.predict(design.values[rows]), rtol=1e-6)
    assert row["rows"] == rows.sum()


def test_a_model_beats_last_week_where_the_recent_level_matters() -> None:
    """Evidence is there for each week, and both errors are on the same hours."""
    row = train(shard(a=noise("a")), Member("a", "r"))["a"]
    assert row["hours"] == [WEEK] * 4
    assert np.mean(row["loss"]) < np.mean(row["baseline_loss"])
    assert row["valid_share"] == 1.0
    assert row["trained_to"] == AXIS.end
    assert len(row["forecast_trace"]) == 2 * WEEK


def test_any_estimator_of_the_allowed_packages_fits() -> None:
    """It is carried as bytes, and is the same whenever it is trained."""
    boosting = training(
        {
            "class": "sklearn.ensemble.HistGradientBoostingRegressor",
            "arguments": {"max_iter": 5},
            "standardise": False,
        }
    )
    readings = shard(a=noise("a"))
    row = train(readings, Member("a", "r"), parameters=boosting)["a"]
    assert row["outcome"] == "trained", row["reason"]
    assert row["coefficients"] is None
    model = model_from_bytes(row["model_bytes"], packages=["sklearn"])
    assert model.predict(Columns.of(np.zeros((1, len(row["feature_names"]))))).shape == (1,)
    assert train(readings, Member("a", "r"), parameters=boosting)["a"] == row


def test_neighbours_do_not_change_a_sensor() -> None:
    """To the bit: not a broken neighbour, not a missing one."""
    alone = train(shard(b=noise("b")), Member("b", "r"))["b"]
    wild = noise("a")
    wild[::5] = np.nan
    wild[7::11] = 1e300
    together = train(shard(a=wild, b=noise("b")), Member("a", "r"), Member("b", "r"))
    assert together["b"] == alone


def test_too_little_to_learn_from_is_a_reason() -> None:
    """Said in rows and weeks."""
    young = np.full(WEEKS * WEEK, np.nan)
    young[-5 * WEEK :] = noise("a", 5 * WEEK)
    row = train(shard(a=young), Member("a", "r"))["a"]
    assert row["outcome"] == "failed"
    assert "usable rows are fewer than 4 weeks" in row["reason"]


def test_excluded_hours_are_neither_learned_nor_judged() -> None:
    """What happens in an excluded period does not matter, and its length is told."""
    period = (FIRST + 22 * WEEK, FIRST + 22 * WEEK + 48)
    member = Member("a", "r", excluded=(period,))
    strange = noise("a")
    strange[22 * WEEK : 22 * WEEK + 48] += 50
    usual, changed = (train(shard(a=v), member)["a"] for v in (noise("a"), strange))
    assert usual["excluded_hours"] == 48
    assert usual["hours"] == [WEEK, WEEK, WEEK - 48, WEEK]
    assert changed["loss"][:2] == usual["loss"][:2]
    assert changed["version"] != usual["version"]


def test_covariates_are_known_one_horizon_late() -> None:
    """A recipe that asks for one that is not there fails its sensor, with the name."""
    parameters = training(covariates=["rain"])
    readings = shard(a=noise("a"))
    row = train(readings, Member("a", "r"), parameters=parameters)["a"]
    assert "no covariate 'rain'" in row["reason"]
    rain = np.random.default_rng(2).normal(size=(WEEKS * WEEK, 1))
    given = Covariates(FIRST, ("rain",), rain)
    row = train(readings, Member("a", "r"), parameters=parameters, covariates=given)["a"]
    assert row["feature_names"][-1] == "covariate_rain"
    later = rain.copy()
    later[-24:] += 100
    changed = Covariates(FIRST, ("rain",), later)
    again = train(readings, Member("a", "r"), parameters=parameters, covariates=changed)["a"]
    assert again["loss"] == row["loss"]
    assert again["version"] != row["version"]


@pytest.mark.parametrize("sliding", [None, 8])
def test_a_sliding_window_learns_from_the_last_weeks_only(sliding: int | None) -> None:
    """What lies before the window leaves no trace in coefficients."""
    early = noise("a")
    early[: 10 * WEEK] *= 1.5
    backtest = BACKTEST.model_copy(update={"sliding_weeks": sliding})
    member, plain = Member("a", "r"), training(seasonal_mean=False, deviations=[])
    rows = [
        train(shard(a=values), member, parameters=plain, backtest=backtest)["a"]
        for values in (noise("a"), early)
    ]
    same = np.allclose(rows[0]["coefficients"], rows[1]["coefficients"], rtol=1e-9)
    assert same == (sliding is not None)
    expected = (WEEKS - sliding) * WEEK if sliding else 2 * WEEK
    assert rows[0]["trained_from"] == AXIS.time(FIRST + expected)


def baseline_task(*members: Member) -> BaselineTask:
    """The baselines of some sensors of a shard."""
    parameters = BaselineParameters.model_validate(
        {
            "weeks": 4,
            "candidates": ["hour_of_week_median", "weekly_naive"],
            "assign": {"default": "best"},
        }
    )
    return BaselineTask(Roster({0: members}), AXIS, 24, parameters, BACKTEST, INTERVALS)


def fit_baselines(
    readings: pl.DataFrame, *members: Member, **more: Any
) -> dict[str, dict[str, Any]]:
    """Rows by sensor."""
    rows = replace(baseline_task(*members), **more).run(readings).iter_rows(named=True)
    return {row["sensor_id"]: row for row in rows}


def test_the_baseline_is_chosen_on_weeks_that_are_not_judged() -> None:
    """Whatever happens in the judged weeks, the choice stands."""
    rest = noise("a")
    strange = rest.copy()
    strange[-4 * WEEK :] = np.random.default_rng(0).normal(size=4 * WEEK)
    usual, changed = (fit_baselines(shard(a=v), Member("a", "best"))["a"] for v in (rest, strange))
    assert usual["choice_loss"] == changed["choice_loss"]
    assert usual["baseline"] == changed["baseline"]
    assert usual["loss"] != changed["loss"]


def test_a_silent_sensor_has_no_pattern_and_a_rule_always_has() -> None:
    """Nothing is made up for a sensor that has not spoken for weeks; a business rule speaks."""
    silent = noise("a")
    silent[-6 * WEEK :] = np.nan
    rule = Member("b", "business_rule", facts=SensorFacts(rule_value=4.5))
    never = Member("c", "best")
    rows = fit_baselines(shard(a=silent, b=noise("b")), Member("a", "best"), rule, never)
    assert (rows["a"]["outcome"], rows["c"]["outcome"]) == ("none", "none")
    assert rows["a"]["reason"] == "no_recent_value"
    assert set(rows["b"]["pattern"]) == {4.5}
    assert rows["c"]["readings"] == 0


def test_baselines_made_together_are_those_made_alone() -> None:
    """To the bit, whoever else is in the shard: silent, young, excluded, of another baseline."""
    young, gap = noise("young"), noise("gap")
    young[: 15 * WEEK], gap[18 * WEEK : 20 * WEEK] = np.nan, np.nan
    names = [f"s{number:02}" for number in range(9)]
    readings = shard(young=young, gap=gap, **{name: noise(name) for name in names})
    members = (
        Member("gap", "best", excluded=((AXIS.stop - 2 * WEEK, AXIS.stop - WEEK),)),
        *(Member(name, "best") for name in names),
        Member("silent", "business_rule", facts=SensorFacts(rule_value=4.5)),
        Member("young", "weekly_naive"),
    )
    together = baseline_task(*members).run(readings)
    alone = [baseline_task(member).run(readings) for member in members]
    assert together.equals(pl.concat(alone))
    assert set(together["outcome"]) == {"fitted"}


def test_a_baseline_that_fails_takes_no_neighbour_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sensors are computed together; where that fails, only the cause becomes ``failed``."""
    members = [Member(name, "best") for name in ("a", "b", "c")]
    readings = shard(a=noise("a"), b=noise("b"), c=noise("c"))
    expected = baseline_task(*members).run(readings)
    version = BaselineTask._version

    def fail_for_b(task: BaselineTask, member: Member, *rest: Any) -> str:
        if member.sensor_id == "b":
            raise ValueError("no name")
        return version(task, member, *rest)

    monkeypatch.setattr(BaselineTask, "_version", fail_for_b)
    found = baseline_task(*members).run(readings)
    assert found["outcome"].to_list() == ["fitted", "failed", "fitted"]
    assert found["reason"][1] == "ValueError: no name"
    assert found[[0, 2]].equals(expected[[0, 2]])


def test_the_pattern_is_last_weeks_for_the_naive_one() -> None:
    """Slot of the local week by slot: what will be served if nothing else is."""
    values = noise("a")
    row = fit_baselines(shard(a=values), Member("a", "weekly_naive"))["a"]
    calendar = AXIS.calendar(AXIS.stop - WEEK, WEEK)
    expected = np.empty(WEEK)
    expected[calendar.slot] = values[-WEEK:]
    assert row["pattern"] == expected.tolist()


def test_profiles_measure_what_is_there() -> None:
    """Gaps, stuck runs, silence and jumps of a made-up sensor come out as they were made."""
    values = noise("a")
    values[-200:-100] = 7.0
    values[-300:-260] = np.nan
    values[-3 * 24 : -2 * 24] += 500
    values[-5:] = np.nan
    task = ProfileTask(
        {0: ("a", "none")},
        AXIS,
        PROFILE,
    )
    row, none = task.run(shard(a=values)).iter_rows(named=True)
    assert row["longest_gap_hours"] == 40
    assert row["longest_stuck_hours"] == 100
    assert row["silence_hours"] == 5
    assert row["level_jump_days"] == 1
    assert row["coverage"] == pytest.approx(1 - 45 / (4 * WEEK))
    assert row["history_weeks"] == WEEKS
    assert row["first_reading"] == START
    assert isinstance(row["last_reading"], datetime)
    assert len(row["weekly_coverage"]) == WEEKS
    assert none["outcome"] == "no_data"


def test_a_constant_sensor_is_stuck_and_has_no_jumps() -> None:
    """A flat line has no usual spread to jump out of."""
    task = ProfileTask({0: ("a",)}, AXIS, PROFILE)
    (row,) = task.run(shard(a=np.ones(WEEKS * WEEK))).iter_rows(named=True)
    assert row["stuck_share"] == 1.0
    assert row["stuck_end_hours"] == WEEKS * WEEK
    assert row["level_jump_days"] == 0
    assert row["spread"] == 0


def screened(probability: float) -> TrainingParameters:
    """A dear recipe that is fitted only where a cheap one does not do."""
    plain = training().recipes["r"].model_dump(by_alias=True)
    net = {"class": "sklearn.linear_model.ElasticNet", "arguments": {"alpha": 0.1}}
    dear = {**plain, "estimator": net, "screen": "r", "screen_probability": probability}
    return TrainingParameters.model_validate(
        {
            "allowed_packages": ["sklearn"],
            "recipes": {"r": plain, "dear": dear},
            "assign": {"default": "dear"},
        }
    )


def test_a_dear_recipe_is_fitted_only_where_the_cheap_one_does_not_do() -> None:
    """What passes the screen is, to the version, what the cheap recipe would have made."""
    readings = shard(a=noise("a"))
    backtest = BACKTEST.model_copy(update={"weeks": 8})
    easy = train(readings, Member("a", "dear"), parameters=screened(0.51), backtest=backtest)["a"]
    plain = train(readings, Member("a", "r"), backtest=backtest)["a"]
    assert easy["recipe"] == "r"
    assert easy == plain
    hard = train(  # last week is right to the digit, so nothing can be better
        shard(a=np.tile(noise("a", WEEK), WEEKS)),
        Member("a", "dear"),
        parameters=screened(0.51),
        backtest=backtest,
    )["a"]
    assert hard["recipe"] == "dear"
    assert hard["coefficients"] is None
    assert hard["model_bytes"] is not None


def test_a_dear_recipe_counts_as_more_work() -> None:
    """The engine hands out fewer sensors at a time."""
    task = TrainingTask(
        Roster({0: (Member("a", "dear"), Member("b", "r"))}),
        {}, 4, AXIS, 24, screened(0.8), BACKTEST, INTERVALS,
    )  # fmt: skip
    assert task.effort() == 51


def test_the_screen_is_part_of_what_shapes_a_model() -> None:
    """Another penalty of the screen is another result."""
    member = Roster({0: (Member("a", "dear"),)})

    def fingerprint(parameters: TrainingParameters) -> str:
        return TrainingTask(member, {}, 4, AXIS, 24, parameters, BACKTEST, INTERVALS).fingerprint()

    one = screened(0.8)
    other = one.model_copy(
        update={"recipes": {**one.recipes, "r": training({"class": RIDGE}).recipes["r"]}}
    )
    assert fingerprint(one) == fingerprint(screened(0.8))
    assert len({fingerprint(one), fingerprint(other), fingerprint(screened(0.9))}) == 3


RIDGE = "sklearn.linear_model.Ridge"


@pytest.mark.parametrize(
    ("screen", "words"),
    [
        ("dear", "'dear' is not cheap"),
        ("nobody", "there is no 'nobody'"),
    ],
)
def test_a_screen_is_a_cheap_recipe_that_exists(screen: str, words: str) -> None:
    """Told when the configuration is loaded."""
    values = screened(0.8).model_dump(by_alias=True)
    values["recipes"]["dear"]["screen"] = screen
    with pytest.raises(ValueError, match=words):
        TrainingParameters.model_validate(values)
