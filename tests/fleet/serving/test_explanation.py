"""One step of one sensor: what it was made of, and that the parts are the forecast."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.explain import COVARIATES
from modelfleet.domain.features import Covariates
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.serving.backfill import backfill, trace_forecast
from modelfleet.fleet.serving.explanation import Explanation, explain_step, summed_with
from tests.fleet.serving.releases import FIRST, Made, make_release
from tests.fleet.tasks.test_tasks import noise, training

DAY, WEEK = 24, 168
PACKAGES = ("sklearn",)
BOOSTING = {
    "class": "sklearn.ensemble.HistGradientBoostingRegressor",
    "arguments": {"max_iter": 15},
}
LASSO = {"class": "sklearn.linear_model.Lasso", "arguments": {"alpha": 0.01}}
ROME = ZoneInfo("Europe/Rome")


def hours(number: int) -> timedelta:
    """So many steps."""
    return timedelta(hours=number)


def explain(
    made: Made, sensor: str, step: int, *, origin: datetime | None = None, **more: Any
) -> Explanation:
    """What a release says of a sensor, so many steps after an origin, its end by default."""
    begin = origin or made.axis.time(made.axis.stop)
    together = summed_with(made.forecaster.content, sensor)
    outcome, covariates = trace_forecast(
        made.forecaster, made.readings(), origin=begin, sensors=together, packages=PACKAGES, **more
    )
    at = begin + hours(step)
    return explain_step(outcome, sensor, at, covariates=covariates, packages=PACKAGES)


def added_up(found: Explanation) -> float:
    """Base and groups of the model's forecast."""
    assert found.model is not None
    assert found.model.contributions is not None, found.model.problem
    return found.model.contributions.total


# --- models -------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "Europe/Rome"])
@pytest.mark.parametrize(
    ("estimator", "method"),
    [(None, "linear"), (BOOSTING, "shapley"), (LASSO, "shapley")],
    ids=["ridge", "boosting", "lasso"],
)
def test_parts_are_the_forecast_of_any_model(
    estimator: dict[str, Any] | None, method: str, zone: str
) -> None:
    """To 1e-9, and that is what serves, from the last origin and from one of the past."""
    parameters = training(estimator, weekend=True)
    made = make_release({"a": noise("a")}, parameters=parameters, zone=zone)
    end = made.axis.time(made.axis.stop)
    for origin in (end, end - timedelta(days=60)):
        ((_, rows),) = backfill(made.forecaster, made.readings(), origins=[origin])
        for step in (0, 7, 23):
            found = explain(made, "a", step, origin=origin)
            assert found.model is not None
            assert found.model.method == method
            assert found.row["value"] == found.model.value == rows["value"][step]
            assert added_up(found) == pytest.approx(found.row["value"], abs=1e-9)
            assert found.rows.equals(rows)


def weather(axis: Axis) -> tuple[Covariates, pl.DataFrame]:
    """A companion of the fleet, as training and as serving see it."""
    steps = np.arange(axis.first, axis.stop)
    values = np.random.default_rng(4).normal(15, 4, size=len(steps))
    times = pl.from_epoch(pl.Series(steps * 3600), "s").dt.replace_time_zone("UTC")
    table = pl.DataFrame({"timestamp": times, "warmth": values})
    return Covariates(axis.first, ("warmth",), values[:, None]), table


def test_companions_are_a_group_of_their_own() -> None:
    """Against their mean over the history; each feature of a linear model has its share."""
    axis = Axis(60, "UTC", FIRST, FIRST + 24 * WEEK)
    arrays, table = weather(axis)
    made = make_release(
        {"a": noise("a")}, parameters=training(covariates=["warmth"]), covariates=arrays
    )
    found = explain(made, "a", 5, covariates=table)
    assert added_up(found) == pytest.approx(found.row["value"], abs=1e-9)
    assert found.model is not None
    assert found.model.contributions is not None
    (feature,) = [each for each in found.model.features if each.group == COVARIATES]
    assert feature.value == arrays.values[len(arrays.values) - DAY + 5, 0]
    assert feature.usual == pytest.approx(arrays.values[-5 * WEEK :, 0].mean())
    assert found.model.contributions.groups[COVARIATES] == pytest.approx(feature.contribution)


def test_without_its_companions_nothing_is_made_up() -> None:
    """The backup serves, and the model says what it lacks."""
    axis = Axis(60, "UTC", FIRST, FIRST + 24 * WEEK)
    made = make_release(
        {"a": noise("a")}, parameters=training(covariates=["warmth"]), covariates=weather(axis)[0]
    )
    found = explain(made, "a", 5)
    assert found.row["source"] == "baseline"
    assert found.model is not None
    assert found.model.value is None
    assert found.model.problem == "covariates are missing: warmth"


def test_a_model_that_cannot_be_opened_is_told() -> None:
    """Its bytes are no model any more."""
    made = make_release({"a": noise("a")}, parameters=training(BOOSTING))
    broken = made.with_table("models", lambda t: t.with_columns(model_bytes=pl.lit(b"rubbish")))
    found = explain(broken, "a", 5)
    assert found.row["reason"] == "model_failed"
    assert found.model is not None
    assert found.model.contributions is None
    assert "cannot be trusted" in str(found.model.problem)


# --- baselines ----------------------------------------------------------------------------------


def on(name: str) -> BaselineParameters:
    """Everybody on one baseline."""
    return BaselineParameters.model_validate(
        {"weeks": 4, "candidates": [name], "assign": {"default": name}}
    )


def test_a_median_rests_on_the_weeks_before() -> None:
    """Each with its time and its value."""
    made = make_release(
        {"a": noise("a")}, baseline=on("hour_of_week_median"), serves={"a": "baseline"}
    )
    found = explain(made, "a", 7)
    assert found.model is None
    assert [week.taken for week in found.backup.weeks] == [True] * 4
    assert found.row["value"] == found.backup.value
    values = [week.value for week in found.backup.weeks]
    assert found.backup.value == pytest.approx(float(np.median([v for v in values if v])))
    assert values[0] == made.series["a"][-WEEK + 7]
    at = made.axis.time(made.axis.stop) + hours(7)
    assert [week.time for week in found.backup.weeks] == [at - hours(k * WEEK) for k in range(1, 5)]


def test_a_naive_baseline_takes_the_nearest_week_that_was_read() -> None:
    """Weeks that were not read or are left out are passed over, and said to be."""
    series = noise("a").copy()
    series[-WEEK + 7] = np.nan
    stop = FIRST + 24 * WEEK
    event = (stop - 2 * WEEK, stop - 2 * WEEK + 12)
    made = make_release(
        {"a": series},
        baseline=on("weekly_naive"),
        serves={"a": "baseline"},
        excluded={"a": (event,)},
    )
    weeks = explain(made, "a", 7).backup.weeks
    assert [week.taken for week in weeks] == [False, False, True, False]
    assert [week.excluded for week in weeks] == [False, True, False, False]
    assert weeks[0].value is None
    assert weeks[1].value == series[-2 * WEEK + 7]
    assert explain(made, "a", 7).backup.value == series[-3 * WEEK + 7]


def test_weeks_are_those_of_the_local_clock() -> None:
    """Across a change of the clocks a week is an hour longer or shorter."""
    weeks = 13  # from January to the first of April
    made = make_release(
        {"a": noise("a", weeks * WEEK)},
        zone="Europe/Rome",
        weeks=weeks,
        baseline=on("weekly_naive"),
        serves={"a": "baseline"},
    )
    found = explain(made, "a", 9)
    local = [week.time.astimezone(ROME).hour for week in found.backup.weeks if week.time]
    assert local == [(made.axis.time(made.axis.stop) + hours(9)).astimezone(ROME).hour] * 4
    assert found.backup.value == found.backup.weeks[0].value


def test_a_business_rule_looks_at_no_weeks() -> None:
    """It says what the metadata say."""
    made = make_release(
        {"a": noise("a")},
        baseline=on("business_rule"),
        metadata={"a": {"rule_value": 8.5}},
        serves={"a": "baseline"},
    )
    found = explain(made, "a", 7)
    assert found.backup.weeks == ()
    assert found.backup.value == found.row["value"] == 8.5


def test_what_the_release_kept_is_told_to_be_old() -> None:
    """Nothing was read for five weeks: no week is taken, the kept pattern stands in."""
    made = make_release({"a": noise("a")}, serves={"a": "baseline"})
    later = made.axis.time(made.axis.stop) + timedelta(weeks=6)
    found = explain(made, "a", 7, origin=later)
    assert found.row["reason"] == "no_recent_readings"
    assert found.backup.stale
    assert not any(week.taken for week in found.backup.weeks)


def test_a_sensor_that_nothing_serves_is_explained_too() -> None:
    """There is no value, no model and no week."""
    made = make_release({"a": noise("a")}, unheard=("mute",), serves={"mute": "none"})
    found = explain(made, "mute", 7)
    assert found.row["source"] == "none"
    assert found.model is None
    assert found.backup.value is None
    assert not np.isfinite(found.history).any()


# --- rules --------------------------------------------------------------------------------------


def test_a_limit_that_is_broken_is_told_with_what_the_model_said() -> None:
    """Base and groups are those of the model, what is served is the backup."""
    limits = {"limits": [{"name": "low_only", "high": 9.0}]}
    made = make_release({"a": noise("a")}, rules=limits)
    broken = [k for k in range(DAY) if explain(made, "a", k).rule]
    found = explain(made, "a", broken[0])
    assert found.rule is not None
    assert (found.rule.name, found.rule.kind, found.rule.high) == ("low_only", "limit", 9.0)
    assert found.rule.low is None
    assert found.model is not None
    assert found.model.value is not None
    assert found.model.value > 9.0
    assert added_up(found) == pytest.approx(found.model.value, abs=1e-9)
    assert found.row["value"] == found.backup.value


def test_a_change_that_is_too_large_is_told_with_what_came_before() -> None:
    """What was read before the first step, or what is served before a later one."""
    rules = {"rate_of_change": [{"name": "calm", "max_change": 0.05}]}
    made = make_release({"a": noise("a")}, rules=rules)
    first, later = (explain(made, "a", k) for k in (0, 6))
    assert first.rule is not None
    assert first.rule.before == made.series["a"][-1]
    assert later.rule is not None
    assert later.rule.kind == "change"
    assert later.rule.high == 0.05
    assert later.rule.before == later.rows["value"][5]


SUMS = {
    "cohort_sum": [
        {"name": "north", "cohorts": ["n"], "low": 0.0, "high": 10.0},
        {"name": "share", "cohorts": ["s"], "low": 0.0, "high": 9.0, "share_of": "n1"},
    ]
}
COHORTS: Mapping[str, Mapping[str, Any]] = {
    "n1": {"cohort": "n"}, "n2": {"cohort": "n"}, "s1": {"cohort": "s"}, "t1": {"cohort": "t"},
}  # fmt: skip


def test_sensors_that_are_added_up_are_explained_together() -> None:
    """A sensor alone breaks no sum; those of another cohort come in where shares are of them."""
    made = make_release({name: noise(name) for name in COHORTS}, rules=SUMS, metadata=COHORTS)
    content = made.forecaster.content
    assert summed_with(content, "t1") == ["t1"]
    assert summed_with(content, "n2") == ["n1", "n2", "s1"]
    assert summed_with(content, "s1") == ["n1", "n2", "s1"]
    whole = made.forecaster.predict(made.readings(), packages=PACKAGES)
    found = explain(made, "n2", 7)
    assert found.rule is not None
    assert (found.rule.name, found.rule.kind) == ("north", "sum")
    served = whole.filter(pl.col("sensor_id") == "n2")
    assert found.rows.equals(served)
