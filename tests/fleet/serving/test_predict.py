"""The next horizon of every sensor: where each value comes from, and what if it cannot come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.baselines import SensorFacts, make_baseline
from modelfleet.domain.errors import DataError, ReleaseError
from modelfleet.domain.features import Covariates
from modelfleet.domain.intervals import interval_cells
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.domain.series import Series
from modelfleet.fleet.serving import FORECAST_SCHEMA, Forecaster
from tests.fleet.serving.releases import BASELINE, FIRST, WEEK, Made, make_release
from tests.fleet.tasks.test_tasks import FEATURES, noise

WEEKS = 14
N = WEEKS * WEEK
IDS = ("a", "based", "gone", "never", "other", "retired")
POSSIBLE = {"limits": [{"name": "possible", "low": "lower_limit", "high": "upper_limit"}]}


@pytest.fixture(scope="module")
def made() -> Made:
    """Served by a model, by a baseline, by nothing, and retired."""
    return make_release(
        {name: noise(name, N) for name in IDS if name != "never"},
        weeks=WEEKS,
        serves={"based": "baseline", "retired": "retired", "never": "none"},
        unheard=("never",),
        rules=POSSIBLE,
    )


def rows_of(forecasts: pl.DataFrame, sensor_id: str) -> pl.DataFrame:
    return forecasts.filter(pl.col("sensor_id") == sensor_id)


def said(forecasts: pl.DataFrame, sensor_id: str, column: str) -> Any:
    """The one thing that stands beside all rows of a sensor."""
    (value,) = rows_of(forecasts, sensor_id)[column].unique()
    return value


def test_every_sensor_of_the_release_gets_one_row_for_each_step(made: Made) -> None:
    """In the promised columns, sorted, from the step after the last reading on."""
    forecasts = made.forecaster.predict(made.readings())
    assert forecasts.schema == FORECAST_SCHEMA
    assert forecasts.equals(forecasts.sort("sensor_id", "timestamp"))
    assert set(forecasts["sensor_id"]) == set(IDS)
    assert forecasts.height == 24 * len(IDS)
    times = rows_of(forecasts, "a")["timestamp"].to_list()
    assert times == [made.axis.time(made.axis.stop + k) for k in range(24)]
    assert forecasts["release"].unique().to_list() == [made.rid]
    assert forecasts["error"].null_count() == forecasts.height


def test_each_row_tells_where_it_comes_from(made: Made) -> None:
    """Model, baseline or nothing, with the version of what made it and why it is not the model."""
    forecasts = made.forecaster.predict(made.readings())
    found = {i: tuple(said(forecasts, i, c) for c in ("source", "reason", "recipe")) for i in IDS}
    baseline = made.table("baselines").filter(pl.col("sensor_id") == "based")
    assert found == {
        "a": ("model", None, "r"),
        "based": ("baseline", "not_better_than_baseline", baseline["baseline"].item()),
        "gone": ("model", None, "r"),
        "never": ("none", "no_data", None),
        "other": ("model", None, "r"),
        "retired": ("none", "retired_by_owner", None),
    }
    version = made.table("models").filter(pl.col("sensor_id") == "a")["version"].item()
    assert said(forecasts, "a", "model_version") == version
    assert said(forecasts, "based", "model_version") == baseline["version"].item()
    nothing = rows_of(forecasts, "never")
    assert nothing["value"].null_count() == nothing["lower"].null_count() == 24


def test_intervals_are_those_of_the_release(made: Made) -> None:
    """Half width of the hour's cell times the factor, around the value; of what serves."""
    forecasts = made.forecaster.predict(made.readings())
    cells = interval_cells(made.axis.calendar(made.axis.stop, 24))
    for sensor_id, table in (("a", "models"), ("based", "baselines")):
        row = made.table(table).row(by_predicate=pl.col("sensor_id") == sensor_id, named=True)
        half = row["interval_factor"] * np.array(row["interval"], dtype=float)[cells]
        rows = rows_of(forecasts, sensor_id)
        np.testing.assert_array_equal(rows["lower"].fill_null(np.nan), rows["value"] - half)
        np.testing.assert_array_equal(rows["upper"].fill_null(np.nan), rows["value"] + half)
        assert rows["lower"].null_count() == np.isnan(half).sum()


@pytest.mark.parametrize("name", ["weekly_naive", "hour_of_week_median"])
def test_a_baseline_speaks_of_recent_readings_as_in_the_backtest(name: str) -> None:
    """The same function on the same weeks, a week after the run; not the pattern of the run."""
    values = noise("a", N + WEEK)
    values[-WEEK - 30 : -WEEK - 20] = np.nan
    assign = BASELINE.assign.model_copy(update={"default": name})
    made = make_release(
        {"a": values[:N]}, weeks=WEEKS, serves={"a": "baseline"},
        baseline=BASELINE.model_copy(update={"assign": assign}),
    )  # fmt: skip
    longer = make_release({"a": values}, weeks=WEEKS + 1)
    forecasts = made.forecaster.predict(longer.readings())
    ahead = np.append(values, np.full(24, np.nan))
    series = Series(FIRST, ahead, np.zeros(len(ahead), dtype=bool))
    calendar = longer.axis.calendar(FIRST, len(ahead))
    expected = make_baseline(name, weeks=4).forecast(series, calendar, SensorFacts(), horizon=24)
    np.testing.assert_array_equal(forecasts["value"], expected[-24:])
    assert said(forecasts, "a", "reason") == "not_better_than_baseline"


def test_a_business_rule_baseline_says_its_value() -> None:
    """Each sensor its own, though nothing was read lately."""
    assign = BASELINE.assign.model_copy(update={"default": "business_rule"})
    made = make_release(
        {"a": noise("a", N), "b": noise("b", N)}, weeks=WEEKS,
        serves={"a": "baseline", "b": "baseline"},
        metadata={"a": {"rule_value": 4.5}, "b": {"rule_value": 7.0}},
        baseline=BASELINE.model_copy(update={"assign": assign}),
    )  # fmt: skip
    forecasts = made.forecaster.predict(made.readings().head(0))
    assert said(forecasts, "a", "value") == 4.5
    assert said(forecasts, "b", "value") == 7.0


def test_a_silent_sensor_is_served_by_the_pattern_of_its_release(made: Made) -> None:
    """Nobody disappears: the reason says that nothing was read."""
    readings = made.readings().filter(pl.col("sensor_id") == "a")
    forecasts = made.forecaster.predict(readings)
    assert said(forecasts, "a", "source") == "model"
    for sensor_id in ("gone", "based"):
        assert said(forecasts, sensor_id, "source") == "baseline"
        assert said(forecasts, sensor_id, "reason") == "no_recent_readings"
        pattern = made.table("baselines").filter(pl.col("sensor_id") == sensor_id)["pattern"][0]
        slots = made.axis.calendar(made.axis.stop, 24).slot
        np.testing.assert_array_equal(
            rows_of(forecasts, sensor_id)["value"], pattern.to_numpy()[slots]
        )


def test_missing_features_give_the_row_to_the_backup(made: Made) -> None:
    """Too many lags on missing values: the baseline serves, and the reason says so."""
    lost = (pl.col("sensor_id") == "a") & (
        pl.col("timestamp") >= made.axis.time(made.axis.stop - 3 * WEEK)
    )
    forecasts = made.forecaster.predict(
        made.readings().filter(~lost), at=made.axis.time(made.axis.stop)
    )
    assert said(forecasts, "a", "source") == "baseline"
    assert said(forecasts, "a", "reason") == "features_missing"
    assert said(forecasts, "gone", "source") == "model"


def test_rules_are_kept_row_by_row_and_the_backup_stands_in() -> None:
    """As the backtest judged it, with the name of the rule and the model's interval."""
    series = {"a": noise("a", N), "b": noise("b", N)}
    free = make_release(series, weeks=WEEKS, rules=POSSIBLE)
    value = rows_of(free.forecaster.predict(free.readings()), "a")["value"]
    limit = float(value.median())
    # The limit of a rule, not of readings: those are as they were.
    rules = {"limits": [{"name": "low_enough", "high": limit, "sensors": ["a"]}]}
    bound = make_release(series, weeks=WEEKS, rules=rules)
    rows = rows_of(bound.forecaster.predict(bound.readings()), "a")
    broken = (value > limit).to_numpy()
    assert 0 < broken.sum() < 24
    assert (rows["source"] == "baseline").to_list() == broken.tolist()
    assert rows["reason"].to_list() == ["low_enough" if b else None for b in broken]
    pattern = bound.table("baselines")["pattern"][0].to_numpy()
    slots = bound.axis.calendar(bound.axis.stop, 24).slot
    expected = np.where(broken, pattern[slots], value)
    np.testing.assert_array_equal(rows["value"], expected)
    model = bound.table("models").row(0, named=True)
    half = np.array(model["interval"], dtype=float)[
        interval_cells(bound.axis.calendar(bound.axis.stop, 24))
    ]
    np.testing.assert_array_equal(
        (rows["upper"]).fill_null(np.nan), expected + model["interval_factor"] * half
    )


def test_a_jump_is_measured_from_the_last_reading() -> None:
    """The first step against what was read, each further one against what is served before it."""
    series = {"a": noise("a", N)}
    rules = {"rate_of_change": [{"name": "no_leap", "max_change": 3.0}]}
    made = make_release(series, weeks=WEEKS, rules=rules)
    last = made.axis.time(made.axis.stop - 1)
    leap = pl.when(pl.col("timestamp") == last).then(500.0).otherwise("value")
    forecasts = made.forecaster.predict(made.readings().with_columns(value=leap))
    assert forecasts["reason"][0] == "no_leap"
    assert made.forecaster.predict(made.readings())["reason"].null_count() == 24


def test_a_sum_over_a_cohort_is_kept_where_all_its_sensors_are_there() -> None:
    """All of the cohort go to the backup; for one sensor alone the sum cannot be told."""
    rules = {"cohort_sum": [{"name": "adds_up", "cohorts": ["c"], "high": 1.0}]}
    series = {"a": noise("a", N), "b": noise("b", N), "old": noise("old", N)}
    made = make_release(series, weeks=WEEKS, rules=rules, serves={"old": "retired"})
    forecasts = made.forecaster.predict(made.readings())
    assert said(forecasts, "a", "reason") == said(forecasts, "b", "reason") == "adds_up"
    alone = made.forecaster.predict(made.readings(), sensors=["a"])
    assert said(alone, "a", "source") == "model"


def test_only_some_sensors_can_be_asked_for(made: Made) -> None:
    """Known ones are as among all; one that nobody knows is told so."""
    every = made.forecaster.predict(made.readings())
    some = made.forecaster.predict(made.readings(), sensors=["gone", "a", "nobody"])
    assert set(some["sensor_id"]) == {"a", "gone", "nobody"}
    for sensor_id in ("a", "gone"):
        assert rows_of(some, sensor_id).equals(rows_of(every, sensor_id))
    assert said(some, "nobody", "reason") == "unknown_sensor"
    with pytest.raises(DataError, match="give a list of ids"):
        made.forecaster.predict(made.readings(), sensors="a")


def test_sensors_that_the_release_does_not_know_are_told_so(made: Made) -> None:
    """They get rows without a value, and change nobody else's."""
    stranger = (
        made.readings().filter(pl.col("sensor_id") == "a").with_columns(sensor_id=pl.lit("b"))
    )
    forecasts = made.forecaster.predict(pl.concat([made.readings(), stranger]))
    assert (said(forecasts, "b", "source"), said(forecasts, "b", "reason")) == (
        "none",
        "unknown_sensor",
    )
    known = forecasts.filter(pl.col("sensor_id") != "b")
    assert known.equals(made.forecaster.predict(made.readings()))


@pytest.mark.parametrize(
    ("crafted", "words"),
    [
        (pl.lit([float("nan")] * 12).alias("coefficients"), "no finite number"),
        (pl.lit([1e308] * 12).alias("coefficients"), "no finite number"),
        (pl.lit([1.0, 2.0]).alias("coefficients"), "other features"),
        (pl.lit(None, dtype=pl.Float64).alias("intercept"), "no finite number"),
        (pl.lit(["x"] * 12).alias("feature_names"), "other features"),
        (pl.lit("{").alias("specification"), "ValidationError"),
        (pl.lit(None, dtype=pl.List(pl.Float64)).alias("coefficients"), "neither"),
    ],
    ids=["nan", "huge", "too few", "no intercept", "other names", "no recipe", "no bytes"],
)  # fmt: skip
def test_one_bad_model_never_fails_the_others(made: Made, crafted: pl.Expr, words: str) -> None:
    """Its sensor goes to the backup with what was wrong in words; every other row is as before."""
    assert len(made.table("models")["feature_names"][0]) == 12
    name = crafted.meta.output_name()
    bad = pl.when(pl.col("sensor_id") == "a").then(crafted).otherwise(name).alias(name)
    broken = made.with_table("models", lambda table: table.with_columns(bad))
    forecasts = broken.forecaster.predict(made.readings())
    assert (said(forecasts, "a", "source"), said(forecasts, "a", "reason")) == (
        "baseline",
        "model_failed",
    )
    assert words in said(forecasts, "a", "error")
    whole = made.forecaster.predict(made.readings())
    assert forecasts.filter(pl.col("sensor_id") != "a").equals(
        whole.filter(pl.col("sensor_id") != "a")
    )


def boosted() -> TrainingParameters:
    """A recipe whose models are bytes."""
    return TrainingParameters.model_validate(
        {
            "allowed_packages": ["sklearn"],
            "recipes": {
                "r": {
                    "features": FEATURES,
                    "estimator": {
                        "class": "sklearn.ensemble.HistGradientBoostingRegressor",
                        "arguments": {"max_iter": 3}, "standardise": False,
                    },
                }
            },
            "assign": {"default": "r"},
        }
    )  # fmt: skip


def test_other_estimators_are_loaded_from_bytes_that_are_trusted() -> None:
    """What they forecast is what the estimator says; crafted bytes fail their sensor alone."""
    series = {"a": noise("a", N), "b": noise("bb", N)}
    made = make_release(series, weeks=WEEKS, parameters=boosted())
    forecasts = made.forecaster.predict(made.readings())
    assert forecasts["source"].unique().to_list() == ["model"]
    other = made.table("models").filter(pl.col("sensor_id") == "b")["model_bytes"][0]

    def crafted(table: pl.DataFrame) -> pl.DataFrame:
        evil = pl.when(pl.col("sensor_id") == "a").then(pl.lit(other[: len(other) // 2]))
        return table.with_columns(model_bytes=evil.otherwise("model_bytes"))

    broken = made.with_table("models", crafted).forecaster.predict(made.readings())
    assert said(broken, "a", "reason") == "model_failed"
    assert "it is no archive" in said(broken, "a", "error")
    assert rows_of(broken, "b").equals(rows_of(forecasts, "b"))


def test_a_recipe_with_covariates_asks_for_them() -> None:
    """With them the model speaks; without them the backup, and the row tells which are missing."""
    weather = np.random.default_rng(3).normal(size=N)
    spec = {"class": "sklearn.linear_model.Ridge", "arguments": {"alpha": 1.0}}
    parameters = TrainingParameters.model_validate(
        {
            "allowed_packages": ["sklearn"],
            "recipes": {"r": {"features": {**FEATURES, "covariates": ["rain"]}, "estimator": spec}},
            "assign": {"default": "r"},
        }
    )
    made = make_release(
        {"a": noise("a", N)}, weeks=WEEKS, parameters=parameters,
        covariates=Covariates(FIRST, ("rain",), weather[:, None]),
    )  # fmt: skip
    without = made.forecaster.predict(made.readings())
    assert said(without, "a", "reason") == "features_missing"
    assert said(without, "a", "error") == "covariates are missing: rain"
    times = made.readings()["timestamp"].to_list()
    table = pl.DataFrame(
        {"timestamp": times, "rain": weather},
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )
    spoken = made.forecaster.predict(made.readings(), covariates=table)
    assert said(spoken, "a", "source") == "model"
    assert spoken["error"].null_count() == 24
    again = made.forecaster.predict(made.readings(), covariates=table.to_pandas())
    assert again.equals(spoken)
    naive = table.with_columns(pl.col("timestamp").dt.replace_time_zone(None))
    with pytest.raises(DataError, match="no time zone"):
        made.forecaster.predict(made.readings(), covariates=naive)


def test_the_origin_is_where_a_quorum_has_arrived(made: Made) -> None:
    """One wrong clock moves nobody, and the end of the release is the least."""
    late = made.readings().filter(pl.col("sensor_id") == "a").tail(1).with_columns(
        timestamp=pl.lit(datetime(2019, 1, 1, tzinfo=UTC)).cast(pl.Datetime("us", "UTC"))
    )  # fmt: skip
    forecasts = made.forecaster.predict(pl.concat([made.readings(), late]))
    assert forecasts.equals(made.forecaster.predict(made.readings()))
    early = made.readings().filter(pl.col("timestamp") < made.axis.time(made.axis.stop - 50))
    assert made.forecaster.predict(early)["timestamp"].min() == made.axis.time(made.axis.stop)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (timedelta(hours=-1), "has learned from readings up to"),
        (timedelta(minutes=30), "between two steps"),
        (timedelta(weeks=105), "make a new release"),
    ],
)
def test_times_that_cannot_be_forecast_are_refused(made: Made, at: timedelta, words: str) -> None:
    """A model must not forecast what it has learned, nor on for ever."""
    with pytest.raises(DataError, match=words):
        made.forecaster.predict(made.readings(), at=made.axis.time(made.axis.stop) + at)
    with pytest.raises(DataError, match="without a time zone"):
        made.forecaster.predict(made.readings(), at=datetime(2019, 1, 1))  # noqa: DTZ001


def test_a_release_that_cannot_forecast_says_so(made: Made) -> None:
    """Those made before releases carried what it takes."""
    made = Made(
        made.rid, {k: v for k, v in made.contents.items() if k != "sensors.parquet"}, {}, made.axis
    )
    with pytest.raises(ReleaseError, match=r"make one with `kedro run`"):
        Forecaster.of(made)
