"""The words on one forecast: times as people type them, numbers, and each kind of sentence."""

from typing import Any

import click
import pytest

from modelfleet.commands.prediction_evidence.figures import Figures, listed
from modelfleet.commands.prediction_evidence.prose import paragraph
from modelfleet.commands.prediction_evidence.text import format_document
from modelfleet.commands.prediction_evidence.times import read_time
from modelfleet.domain.explain import CALENDAR, COVARIATES, RECENT_LEVEL, SAME_TIME_LAST_WEEKS

STEP = "2019-01-03T07:00:00+00:00"


def document(**changes: Any) -> dict[str, Any]:
    """A forecast by a model, but for the changes."""
    forecast = {
        "value": 0.83, "lower": 0.61, "upper": 1.05, "coverage": 0.9, "source": "model",
        "reason": None, "reasons": [], "recipe": "linear", "error": None, "outcome": "accepted",
        "trained_to": "2018-12-31T23:00:00+00:00",
    }  # fmt: skip
    groups = {RECENT_LEVEL: -0.03, SAME_TIME_LAST_WEEKS: 0.25, CALENDAR: 0.001}
    contributions = {
        "base": 0.609, "groups": groups, "forecast": 0.83, "problem": None, "features": [],
    }  # fmt: skip
    model = {
        "version": "a" * 64, "skill": 0.12, "excluded_hours": 0.0,
        "trained_from": "2018-01-01T00:00:00+00:00", "trained_to": "2018-12-31T23:00:00+00:00",
    }  # fmt: skip
    backup = {"name": "hour_of_week_median", "value": 0.77, "stale": False, "weeks": []}
    whole = {
        "sensor_id": "n1", "timestamp": STEP, "local_time": STEP, "time_zone": "UTC",
        "sensor": {"unit": "m3/h", "kind": "demand"}, "reproduced": {"same": True},
        "forecast": {**forecast, **changes.pop("forecast", {})},
        "contributions": contributions, "rule": None, "backup": backup, "model": model,
        "gate": None, "outcome": None, "history": [], "path": [], "paragraph": "",
    }  # fmt: skip
    return {**whole, **changes}


def week(value: float, *, taken: bool = True) -> dict[str, Any]:
    """A week that a baseline looks at."""
    return {"value": value, "taken": taken}


BACKUP = {"source": "baseline", "reason": "not_better_than_baseline"}

# --- sentences ----------------------------------------------------------------------------------


def test_a_model_in_one_paragraph() -> None:
    """What, how sure, against what is usual, what moved it, who says so, what else is said."""
    assert paragraph(document()) == (
        "At 07:00 on Thursday 3 January 2019 (UTC) the forecast for n1 is 0.83 m3/h, and between "
        "0.61 and 1.05 on nine days of ten. The forecast is 0.22 above what the model gives on "
        "average over a usual week, 0.61 m3/h. What was read on Thursdays at 07:00 in the weeks "
        "before (+0.25) raised it; what was read in the last days (−0.03) lowered it. The model "
        "(version aaaaaaaaaaaa) learned from 1 January 2018 to 31 December 2018; when it was "
        "tested it erred 12 % less than the backup, which says 0.77 m3/h here."
    )


def test_what_weighs_most_is_told_first() -> None:
    """A forecast below the usual begins with what lowered it; companions have their names."""
    groups = {RECENT_LEVEL: 0.05, SAME_TIME_LAST_WEEKS: -0.02, COVARIATES: -0.4}
    features = [{"name": f"covariate_{n}", "group": COVARIATES} for n in ("rain", "heat")]
    shares = {"base": 1.2, "groups": groups, "forecast": 0.83, "problem": None}
    text = paragraph(document(contributions={**shares, "features": features}))
    assert "The forecast is 0.37 below what the model gives" in text
    assert "The companions rain and heat (−0.40) lowered it; what was read in the last" in text
    assert "Thursdays" not in text  # too little to be told


def test_a_usual_forecast_is_called_so() -> None:
    """Nothing is above or below by 0.00."""
    shares = {"base": 0.83, "groups": {RECENT_LEVEL: 0.0001}, "forecast": 0.8301, "problem": None}
    text = paragraph(document(contributions={**shares, "features": []}))
    assert (
        "The forecast is what the model gives on average over a usual week, 0.83 m3/h. The" in text
    )


@pytest.mark.parametrize(
    ("coverage", "words"), [(0.9, "nine days of ten"), (0.8, "80 % of days"), (None, "as a rule")]
)
def test_coverage_is_told_in_days(coverage: float | None, words: str) -> None:
    """Nobody has to know what a quantile is."""
    assert words in paragraph(document(forecast={"coverage": coverage}))


def test_without_an_interval_nobody_pretends() -> None:
    """The value has three digits then."""
    text = paragraph(document(forecast={"lower": None, "upper": None, "value": 0.8312}))
    assert "is 0.831 m3/h; how far off it may be is not known." in text


def test_a_backup_names_its_weeks_and_its_reason() -> None:
    """The nearest first."""
    backup = {"name": "hour_of_week_median", "value": 0.83, "stale": False}
    weeks = [week(0.8), week(0.9, taken=False), week(0.86)]
    told = document(
        forecast=BACKUP, contributions=None, model=None, backup={**backup, "weeks": weeks}
    )
    assert (
        "It comes from the backup, the median of the same hour in the last weeks (0.80 and 0.86, "
        "the nearest first), because its model was not surely better than the backup."
    ) in paragraph(told)


def test_a_quarantined_sensor_says_what_its_data_lack() -> None:
    """In words, not as a code."""
    told = {"source": "baseline", "reason": "too_young", "outcome": "quarantined"}
    text = paragraph(document(forecast=told, contributions=None, model=None))
    assert "because its data do not allow a model (too little history)." in text


def test_a_model_that_failed_says_how() -> None:
    """The error is told as it was recorded."""
    told = {"source": "baseline", "reason": "model_failed", "error": "ValueError: rubbish"}
    shares = {"groups": None, "said": False, "problem": "x", "base": None}
    text = paragraph(document(forecast=told, contributions=shares))
    assert "because its model could not be used. In detail: ValueError: rubbish." in text
    assert "cannot be told" not in text


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "limit", "low": 0.0, "high": 25.0}, "a forecast lies between 0 and 25"),
        ({"kind": "limit", "low": None, "high": 25.0}, "a forecast is 25 at most"),
        ({"kind": "sum", "low": 2.0, "high": None}, "the sum of its cohort is 2 at least"),
        ({"kind": "change", "low": None, "high": 0.5}, "from 0.3 it may change by 0.5 at most"),
    ],
)
def test_a_rule_says_what_it_asks_for(rule: dict[str, Any], words: str) -> None:
    """And what the model said, finely enough to see that it breaks it."""
    whole = {"name": "possible", "before": 0.3, "model_value": -0.00146, **rule}
    text = paragraph(document(forecast={**BACKUP, "reason": "possible"}, rule=whole))
    assert (
        f"The model said −0.00146 m3/h, which breaks the rule 'possible' ({words}), so the backup "
        "is served instead."
    ) in text
    assert "The model's forecast is 0.22 above" in text
    assert "It comes from" not in text


@pytest.mark.parametrize(
    ("reason", "needed"),
    [
        ("dead", "A backup needs a reading at this hour of the week"),
        ("unknown_sensor", "The next `kedro run` takes it up."),
        ("retired_by_owner", "Its owner took it out of service"),
    ],
)
def test_no_forecast_says_what_would_be_needed(reason: str, needed: str) -> None:
    """And when something was read last."""
    nothing = {"value": None, "lower": None, "upper": None, "source": "none", "reason": reason}
    history = [{"timestamp": "2019-01-01T05:00:00+00:00", "value": 1.0}]
    text = paragraph(document(forecast=nothing, history=history, contributions=None, backup=None))
    assert text.startswith("There is no forecast for n1 at 07:00 on Thursday 3 January 2019 (UTC)")
    assert "Its last reading before was at 05:00 UTC on 1 January 2019." in text
    assert needed in text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (0.03, "; the forecast was 0.03 m3/h too high, the backup was off by 0.06 m3/h."),
        (-0.03, "; the forecast was 0.03 m3/h too low, the backup was off by 0.06 m3/h."),
        (0.001, ", as forecast, the backup was off by 0.06 m3/h."),
    ],
)
def test_what_was_read_then_ends_the_paragraph(error: float, words: str) -> None:
    """Beside the backup, for that is what the model has to beat."""
    outcome = {"actual": 0.8, "error": error, "backup_error": -0.06}
    assert paragraph(document(outcome=outcome)).endswith(f"What was read then: 0.80 m3/h{words}")


def test_excluded_hours_are_told_with_what_was_learned() -> None:
    """Where there are any."""
    model = {**document()["model"], "excluded_hours": 1206.0, "skill": -0.05}
    text = paragraph(document(model=model))
    assert "to 31 December 2018, without 1,206 hours of events; when" in text
    assert "it erred 5 % more than the backup" in text


def test_a_rule_that_leaves_nothing_is_told_too() -> None:
    """The model's forecast broke it, and no backup was there."""
    nothing = {"value": None, "lower": None, "upper": None, "source": "none", "reason": "possible"}
    rule = {"name": "possible", "kind": "limit", "low": 0, "high": None, "model_value": -1.0}
    text = paragraph(document(forecast=nothing, rule=rule, backup=None))
    assert "so nothing is served instead." in text


def test_the_evidence_names_who_asked_and_who_approved() -> None:
    """With the day on which it went live, and the version of the readings behind both."""
    release = {
        "rid": "b" * 64, "live": True, "live_since": "2019-01-02T10:00:00+00:00", "by": "x",
        "kind": "approved", "requested_by": "data-science", "approved_by": ["network-operations"],
    }  # fmt: skip
    data = {"readings_version": 7, "learned_from_version": 5, "run_id": "run-1"}
    known = {"recipe": "linear", "rows": 7000, "error": 0.05}
    whole = document(
        release=release,
        data=data,
        events={"training": [], "lately": []},
        other_origins=["2019-01-02T00:00:00+00:00"],
        model={**document()["model"], **known},
        forecast={"origin": "2019-01-03T00:00:00+00:00"},
        contributions=None,
    )
    lines = format_document(whole).splitlines()
    assert "  release              bbbbbbbbbbbb, live" in lines
    text = " ".join(" ".join(lines).split())
    assert (
        "live since 2019-01-02 10:00 UTC, asked for by data-science, approved by network-operations"
    ) in text
    assert "forecast made from readings before 2019-01-03 00:00 UTC, version 7" in text
    assert "version 5 of the readings, in run run-1" in text
    assert "other origins 1; see --origin" in text


# --- numbers and times --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "half", "written"),
    [(0.8312, 0.22, "0.83"), (56.4321, 0.31, "56.43"), (1234.5, 120.0, "1,234"),
     (-0.0001, 0.2, "0.00"), (-3.21, 2.0, "−3.2"), (0.0123, 0.0096, "0.0123")],
)  # fmt: skip
def test_numbers_are_as_fine_as_their_interval(value: float, half: float, written: str) -> None:
    """Two digits of half its width: more would be noise."""
    bounds = {"value": value, "lower": value - half, "upper": value + half}
    assert Figures.of(document(forecast=bounds)).bare(value) == written


def test_words_are_listed_as_people_do() -> None:
    """Commas, and one and."""
    assert [listed("abc"[:k]) for k in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def test_a_time_without_a_zone_is_on_the_fleets_clocks() -> None:
    """In summer and in winter; with a zone it is what it says."""
    rome = [
        read_time(text, zone="Europe/Rome", step_minutes=60, option="--at").isoformat()
        for text in ("2019-01-03T07:00", "2019-07-03 07:00", "2019-07-03T07:00Z")
    ]
    assert rome == [
        "2019-01-03T06:00:00+00:00", "2019-07-03T05:00:00+00:00", "2019-07-03T07:00:00+00:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2019-10-27T02:30", "clocks in Europe/Rome show twice; give it with an offset"),
        ("2019-03-31T02:30", "show never: they are put forward"),
        ("2019-01-03", "is a day; say which of its forecasts"),
        ("20190103", "is a day"),
        (
            "2019-01-03T07:10",
            "between two steps of 60 minutes; the nearest are 06:00 UTC and 07:00",
        ),
        ("07:00", "is no time"),
    ],
)
def test_a_time_that_is_not_one_moment_is_refused(text: str, told: str) -> None:
    """Nobody guesses which hour was meant."""
    with pytest.raises(click.BadParameter, match=told):
        read_time(text, zone="Europe/Rome", step_minutes=60, option="--at")
