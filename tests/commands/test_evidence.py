"""The evidence on one sensor, as a document and as text, from whatever tables there are."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from modelfleet.commands.evidence import SensorRows, document_of, format_document

NAN = float("nan")
SENSOR = {"sensor_id": "a", "cohort": "flow/A", "kind": "flow", "shard": 3}
CANDIDATE = {
    "sensor_id": "a",
    "outcome": "trained",
    "recipe": "linear",
    "version": "v1",
    "feature_names": ["lag_24", "lag_48"],
    "coefficients": [0.5, 0.25],
    "seasonal_mean": [1.0] * 168,
    "actual_trace": [1.0, 2.0],
    "loss": [0.5, NAN],
    "baseline_loss": [1.0, 1.0],
    "hours": [168.0, 0.0],
    "coverage": [0.9, None],
    "rows": 4000,
    "mae": 0.5,
    "trained_to": datetime(2018, 12, 31, 23, tzinfo=UTC),
}
VERDICT = {
    "sensor_id": "a",
    "decision": "accept",
    "accepted": True,
    "mode": "expected",
    "reasons": [],
    "sentence": "better in 11 of 12 weeks",
    "gain": 0.1,
    "not_better_than_baseline_status": "pass",
    "not_better_than_baseline_figure": 0.97,
    "not_better_than_baseline_threshold": 0.8,
    "biased_status": "not_evaluable",
    "biased_figure": None,
    "biased_threshold": None,
    "too_soon_status": "not_asked",
    "too_soon_figure": None,
    "too_soon_threshold": None,
    "champion_biased_status": "fail",
    "champion_biased_figure": 2.0,
    "champion_biased_threshold": 1.0,
}
CARD = {
    "sensor_id": "a",
    "coverage": 0.91,
    "cost_baseline": 120.5,
    "cost_candidate": None,
    "currency": "EUR",
}
LEDGER = {"outcome": "accepted", "serves": "model", "version": "v1", "reasons": []}
RUN = {"run_id": "r1", "environment": "local", "release": "abc" * 10, "fleet": "f"}
WINDOW = {"step_minutes": 60, "time_zone": "UTC", "first": 420768, "stop": 429528}


def rows(**changes: Any) -> SensorRows:
    """A sensor of which everything is known, but for the changes."""
    known: dict[str, Any] = {
        "sensor": SENSOR,
        "admission": {"sensor_id": "a", "admitted": True, "reasons": [], "explanation": []},
        "candidate": CANDIDATE,
        "verdict": VERDICT,
        "scorecard": CARD,
        "ledger": LEDGER,
        "run": RUN,
        "window": WINDOW,
        "live": RUN["release"],
    }
    return SensorRows(**(known | changes))


def test_the_document_is_json_whatever_is_not_finite() -> None:
    """Programs read it: no NaN, times as ISO 8601, the order of the stages."""
    document = document_of(rows())
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert list(document)[:5] == ["schema", "sensor_id", "run", "metadata", "profile"]
    assert document["candidate"]["trained_to"] == "2018-12-31T23:00:00+00:00"
    assert document["candidate"]["coefficients"] == {"lag_24": 0.5, "lag_48": 0.25}


def test_weeks_have_all_that_is_weekly_and_the_gain() -> None:
    """Columns that later stages add show by themselves; a week without loss has no gain."""
    first, second = document_of(rows())["weeks"]
    assert first == {
        "week_to": "2018-12-24T23:00:00+00:00",
        "loss": 0.5,
        "baseline_loss": 1.0,
        "hours": 168.0,
        "coverage": 0.9,
        "gain": 0.5,
    }
    assert (second["loss"], second["gain"]) == (None, None)
    assert second["week_to"].startswith("2018-12-31")


def test_each_rule_has_its_sentence() -> None:
    """Rules on champions stand by themselves, and what was not asked is left out."""
    document = document_of(rows())
    better, biased = document["gate"]
    assert better == {
        "code": "not_better_than_baseline",
        "status": "pass",
        "figure": 0.97,
        "threshold": 0.8,
        "sentence": "97 % likely to be better than the baseline; 80 % are enough",
    }
    assert biased["sentence"] == "the mean error of the candidate is not known"
    assert [rule["code"] for rule in document["champion"]] == ["champion_biased"]


def test_a_strict_sensor_is_told_its_p_value() -> None:
    """What had to be proven is not told as a probability."""
    better = document_of(rows(verdict={**VERDICT, "mode": "strict"}))["gate"][0]
    assert "p = 0.970" in better["sentence"]


def test_a_rule_that_is_new_shows_its_figures() -> None:
    """A rule without words yet is no error."""
    new = {"odd_status": "fail", "odd_figure": 1.0, "odd_threshold": 2.0}
    text = format_document(document_of(rows(verdict={**VERDICT, **new})))
    assert "fail           odd: 1, threshold 2" in text


def test_the_text_begins_with_the_answer() -> None:
    """Who serves the sensor, by which release, before how it came about."""
    lines = format_document(document_of(rows())).splitlines()
    assert lines[0] == "'a' of flow/A"
    assert lines[2].split(maxsplit=2) == ["served", "by", "its model"]
    assert any("abcabcabcabc, which is live" in line for line in lines)
    week = ["2018-12-24", "0.5", "1", "168", "90.0", "%", "+50", "%"]
    assert any(line.split() == week for line in lines)
    assert any(line.split() == ["with", "its", "baseline", "120.50", "EUR"] for line in lines)
    assert any(line.split() == ["with", "its", "candidate", "–"] for line in lines)


@pytest.mark.parametrize(
    ("live", "said"),
    [("def" * 10, "defdefdefdef is live for this cohort"), (None, "no release is live")],
)
def test_a_release_that_is_not_live_says_so(live: str | None, said: str) -> None:
    """What the run decided does not serve where another release is live."""
    document = document_of(rows(live=live))
    assert not document["serves"]["release_is_live"]
    assert said in format_document(document)


def test_an_override_tells_reason_and_effect() -> None:
    """Also one that met no verdict, and one that left the configuration since."""
    override = {"serve": "baseline", "reason": "rebuilt", "expires": date(2026, 12, 31)}
    forced = {**VERDICT, "override": "forced_to_baseline"}
    text = format_document(document_of(rows(override=override, verdict=forced)))
    for said in ("rebuilt", "2026-12-31", "forced_to_baseline"):
        assert said in text
    assert document_of(rows(verdict=forced))["override"] == {"effect": "forced_to_baseline"}
    assert document_of(rows(override=override, verdict=None))["override"]["effect"] is None
    assert document_of(rows())["override"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {
                "admission": {
                    "admitted": False,
                    "reasons": ["dead"],
                    "explanation": ["dead: 400, limit 168"],
                },
                "candidate": None,
                "verdict": None,
                "ledger": {
                    **LEDGER,
                    "outcome": "quarantined",
                    "serves": "none",
                    "reasons": ["dead"],
                },
            },
            (
                "served by                nothing",
                "not admitted",
                "- dead: 400, limit 168",
                "none: ",
            ),
        ),
        (
            {
                "candidate": {"outcome": "failed", "reason": "ValueError: no rows", "loss": None},
                "verdict": None,
                "ledger": {**LEDGER, "outcome": "failed", "serves": "baseline", "reasons": ["x"]},
            },
            ("served by                its baseline", "ValueError: no rows"),
        ),
        (
            {
                "candidate": None,
                "verdict": None,
                "ledger": {**LEDGER, "outcome": "retired", "serves": "none", "reasons": []},
            },
            ("outcome                  retired",),
        ),
    ],
    ids=["quarantined", "failed", "retired"],
)
def test_whatever_happened_to_a_sensor_it_has_its_evidence(
    changes: dict[str, Any], said: tuple[str, ...]
) -> None:
    """Quarantined, failed and retired sensors are explained, too."""
    text = format_document(document_of(rows(**changes)))
    for words in said:
        assert words in text


def test_what_is_missing_names_its_stage() -> None:
    """Before all stages ran, the text shows what there is and what to run."""
    bare = SensorRows(sensor=SENSOR, missing={"verdicts": "evaluation"})
    document = document_of(bare)
    assert document["missing"] == {"verdicts": "evaluation"}
    assert document["serves"] is None
    text = format_document(document)
    assert "what serves it is not known yet" in text
    assert "verdicts: run `kedro run --pipelines evaluation`" in text
