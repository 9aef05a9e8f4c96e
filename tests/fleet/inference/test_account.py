"""Predictions are counted where they are kept, and nobody may be missing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import PredictionError
from modelfleet.domain.parameters.inference import InferenceParameters
from modelfleet.fleet.inference import (
    InferencePlan,
    Kept,
    RecentReadings,
    account_for,
    check_shares,
    inference_metrics,
    inference_summary,
)
from modelfleet.fleet.inference.live import Service
from modelfleet.fleet.isolation import Failure
from modelfleet.fleet.summary_markdown import markdown_predictions
from modelfleet.fleet.summary_predictions import prediction_lines
from tests.fleet.inference.predictions import DAY, predicted

RID = "r" * 64
NEXT = DAY + timedelta(days=1)
RUN = {"run_id": "r1", "started_at": "2019-01-01T00:10:00+00:00", "environment": "local"}
LIMITS = InferenceParameters(step="1d", max_backup_share=0.5, max_fallback_share=0.2)


def planned(*sensors: str, kept: tuple[Any, ...] = (), origins: Any = (DAY,)) -> InferencePlan:
    """Sensors of a release that cannot forecast: all of them are expected on a model."""
    return InferencePlan(
        origins,
        dict.fromkeys(kept, Kept((RID,), 3)),
        (Service(RID, sensors),),
        {RID: Failure("x")},
        ("entry 3: altered",) if len(sensors) > 3 else (),
        3,
    )


def worse(rows: pl.DataFrame, sensor: str, steps: int, /, **told: Any) -> pl.DataFrame:
    """The first steps of a sensor tell something else."""
    mine = (pl.col("sensor_id") == sensor) & (
        pl.col("timestamp") < pl.col("origin") + timedelta(hours=steps)
    )
    return rows.with_columns(
        pl.when(mine).then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in told.items()
    )


@pytest.fixture
def mixed() -> pl.DataFrame:
    """Four sensors: by a model, by a kept one, once by a backup, and by nothing, retired."""
    rows = predicted(sensors=("a", "b", "c", "d"))
    rows = worse(rows, "b", 2, source="champion")
    rows = worse(rows, "c", 1, source="baseline", reason="features_missing")
    return worse(rows, "d", 2, source="none", reason="retired_by_owner")


def test_each_sensor_counts_once_by_most_of_its_steps(mixed: pl.DataFrame) -> None:
    """The worse of equals; sources sum to the sensors, steps to the rows; nobody backs retired."""
    (account,) = account_for(mixed.lazy(), planned("a", "b", "c", "d"))
    assert account["sources"] == {"model": 1, "champion": 1, "baseline": 1, "none": 1}
    assert account["steps"] == {"model": 3, "champion": 2, "baseline": 1, "none": 2}
    assert account["reasons"] == {"features_missing": 1, "retired_by_owner": 1}
    assert account["share_on_backup"] == pytest.approx(1 / 6)
    assert account["share_fallen_back"] == pytest.approx(3 / 8)
    assert (account["state"], account["sensors"], account["rows"]) == ("appended", 4, 8)
    assert account["releases"] == {RID: 4}


def test_a_backup_of_single_steps_is_told_beside() -> None:
    """Its sensor is still on a model."""
    rows = worse(predicted(steps=3), "b", 1, source="baseline", reason="too_high")
    (account,) = account_for(rows.lazy(), planned("a", "b"))
    assert account["sources"]["model"] == 2
    assert (account["reasons"], account["partly"]) == ({}, {"too_high": 1})


def test_models_that_have_learned_from_what_they_forecast_are_counted() -> None:
    """They may be shown, and must not be judged."""
    rows = worse(predicted(), "b", 2, trained_to=DAY + timedelta(days=30))
    (account,) = account_for(rows.lazy(), planned("a", "b"))
    assert account["in_sample"] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.filter(pl.col("sensor_id") != "b"), "missing: 'b'"),
        (lambda rows: worse(rows, "b", 2, sensor_id="x"), "missing: 'b'; unknown: 'x'"),
        (lambda rows: rows.head(3), "with too few steps: 'b'"),
        (lambda rows: pl.concat([rows, rows.tail(1)]), "more than once: 'b'"),
        (lambda rows: worse(rows, "b", 1, source="luck"), "report it as a bug"),
        (lambda rows: rows.head(0), "missing: 'a', 'b'"),
    ],
    ids=["missing", "unknown", "too few", "twice", "another source", "nothing"],
)
def test_counts_that_do_not_add_up_end_the_run(
    change: Callable[[pl.DataFrame], pl.DataFrame], words: str
) -> None:
    """No sensor disappears, and none counts twice."""
    with pytest.raises(PredictionError, match=words):
        account_for(change(predicted()).lazy(), planned("a", "b"))


def test_what_was_kept_is_counted_as_it_is() -> None:
    """A sensor that came later has no forecast of an earlier origin."""
    rows = pl.concat([predicted(sensors=("a",)), predicted(NEXT)])
    plan = planned("a", "b", kept=(DAY,), origins=(DAY, NEXT))
    accounts = account_for(rows.lazy(), plan)
    assert [each["state"] for each in accounts] == ["kept", "appended"]
    assert [each["sensors"] for each in accounts] == [1, 2]


def test_too_many_backups_are_told_with_their_reasons(mixed: pl.DataFrame) -> None:
    """Each limit by itself, and what to look at."""
    accounts = account_for(mixed.lazy(), planned("a", "b", "c", "d"))
    check_shares(accounts, max_backup=0.2, max_fallback=0.4)
    with pytest.raises(PredictionError, match=r"16\.7 %.*1 sensor features_missing.*written"):
        check_shares(accounts, max_backup=0.1, max_fallback=0.4)
    with pytest.raises(PredictionError, match=r"raise inference\.max_fallback_share"):
        check_shares(accounts, max_backup=0.2, max_fallback=0.3)


def summary_of(rows: pl.DataFrame, plan: InferencePlan) -> dict[str, Any]:
    """The summary of a run."""
    recent = RecentReadings(pl.LazyFrame(), 1000, DAY - timedelta(weeks=5), None)
    return inference_summary(
        account_for(rows.lazy(), plan), plan, recent, fleet="t", parameters=LIMITS, run=RUN
    )


def test_figures_are_one_value_per_origin(mixed: pl.DataFrame) -> None:
    """So that a tracking server draws a backfill over time."""
    rows = pl.concat([mixed, predicted(NEXT, sensors=("a", "b", "c", "d"))])
    plan = planned("a", "b", "c", "d", origins=(DAY, NEXT))
    metrics = inference_metrics(summary_of(rows, plan))
    assert metrics["source.model"] == [{"value": 1.0, "step": 0}, {"value": 4.0, "step": 1}]
    assert [each["value"] for each in metrics["reason.features_missing"]] == [1.0, 0.0]
    assert metrics["problems"] == [{"value": 1.0, "step": 0}]
    assert metrics["origins_appended"] == [{"value": 2.0, "step": 0}]
    assert metrics["readings_rows"] == [{"value": 1000.0, "step": 0}]


def test_a_run_is_told_in_a_few_lines(mixed: pl.DataFrame) -> None:
    """What was forecast by what, what is not proved, and what was there before."""
    plan = planned("a", "b", "c", "d", kept=(DAY,))
    lines = prediction_lines(summary_of(mixed, plan), predictions="data/p", mlflow_run=None)
    told = {name: text for name, text in lines.items() if text}
    assert told == {
        "Fleet": "t, 4 sensors (local)",
        "Origin": "2019-01-01 00:00 UTC, forecast before: nothing was added",
        "Forecast by": "1 model, 1 champion, 1 baseline, 1 none",
        "Why no model": "1 features_missing, 1 retired_by_owner",
        "On backup": "16.7 % of all steps (limit 50.0 %), 37.5 % of those of models (limit 20.0 %)",
        "Release": RID[:12],
        "Not proved": "entry 3: altered; `modelfleet audit` tells all",
        "Predictions": "data/p",
    }
    page = markdown_predictions(summary_of(mixed, plan), predictions="data/p")
    assert page.startswith("## t: forecasts\n\n| | |\n|---|---|\n| Fleet |")
    assert "| Why no model | 1 features_missing, 1 retired_by_owner |" in page


def test_several_origins_are_told_as_a_span() -> None:
    """And how many of them were there before."""
    rows = pl.concat([predicted(), predicted(NEXT)])
    plan = planned("a", "b", kept=(DAY,), origins=(DAY, NEXT))
    told = prediction_lines(summary_of(rows, plan))["Origin"]
    assert told == (
        "2 from 2019-01-01 00:00 UTC to 2019-01-02 00:00 UTC; 1 of them were forecast before: "
        "nothing was added to these"
    )
