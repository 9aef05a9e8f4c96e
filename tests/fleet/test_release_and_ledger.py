"""From stage results to the ledger, the release and the figures of a run."""

import io
import json
import pickle
import zipfile
from typing import Any

import numpy as np
import polars as pl
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelfleet.domain.columns import Columns
from modelfleet.domain.errors import ConfigurationError, LedgerError, ReleaseError, TaskError
from modelfleet.domain.forecasters import EstimatorModel
from modelfleet.domain.parameters.evaluation import GateParameters
from modelfleet.domain.parameters.promotion import PromotionParameters
from modelfleet.fleet.ingest import Account
from modelfleet.fleet.ledger import build_ledger, check_ledger, ledger_totals
from modelfleet.fleet.model_bytes import model_from_bytes, model_to_bytes
from modelfleet.fleet.promotion import decide_promotion
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.release_content import (
    BASELINE_COLUMNS,
    MODEL_COLUMNS,
    draft_release,
    table_bytes,
)
from modelfleet.fleet.scorecard import judge_candidates, make_scorecard
from modelfleet.fleet.summary import fleet_metrics, ingestion_metrics, release_card, summarise_run
from modelfleet.fleet.summary_text import format_summary
from modelfleet.fleet.tasks.baseline import BASELINE_SCHEMA
from modelfleet.fleet.tasks.training import CANDIDATE_SCHEMA
from tests.estimators import Cautious
from tests.fleet.engine.tasks import SOURCE
from tests.governed import Governed

IDS = ["accepted", "rejected", "failed", "dead", "orphan"]
BOUNDS = pl.DataFrame(
    schema=dict.fromkeys(("lower_limit", "upper_limit", "rule_value"), pl.Float64())
)
SENSORS = pl.concat(
    [pl.DataFrame({"sensor_id": IDS, "cohort": ["c"] * 5, "kind": "k", "unit": "u"}), BOUNDS],
    how="diagonal",
)
ADMISSIONS = pl.DataFrame(
    {
        "sensor_id": IDS,
        "admitted": [True, True, True, False, False],
        "reasons": [[], [], [], ["dead"], ["no_data"]],
    },
    schema_overrides={"reasons": pl.List(pl.String)},
)
BASELINES = pl.DataFrame(
    [
        {"sensor_id": i, "outcome": "none" if i == "orphan" else "fitted", "version": f"b-{i}",
         "reason": "knows no value" if i == "orphan" else None, "baseline": "weekly_naive"}
        for i in IDS
    ],
    schema=BASELINE_SCHEMA,
)  # fmt: skip


def candidate(sensor_id: str, better: float) -> dict[str, Any]:
    """A trained candidate that errs less than its baseline by so much, give or take."""
    noise = np.linspace(-0.02, 0.02, 12)
    return {
        "sensor_id": sensor_id, "outcome": "trained", "version": f"m-{sensor_id}",
        "loss": (1 - better + noise).tolist(), "baseline_loss": [1.0] * 12, "hours": [168] * 12,
        "valid_share": 1.0, "mae": 1 - better, "mean_error": 0.0, "recipe": "linear",
    }  # fmt: skip


CANDIDATES = pl.DataFrame(
    [
        candidate("accepted", 0.2),
        candidate("rejected", -0.2),
        {"sensor_id": "failed", "outcome": "failed", "reason": "ValueError: no"},
    ],
    schema=CANDIDATE_SCHEMA,
)
GATE = GateParameters.model_validate(
    {
        "mode": {"default": "expected"}, "min_weeks": 8, "min_hours": 50, "min_valid_share": 0.7,
        "max_bias_share": 0.75, "margin": 0.0, "min_probability": 0.8,
        "false_discovery_rate": 0.1, "min_sensors_for_prior": 30,
        "replace": {
            "min_weeks": 4, "max_weeks": 12, "tolerance": 0.02, "confidence": 0.95,
            "bad_week": 0.2, "max_bad_share": 0.25,
        },
    }
)  # fmt: skip
VERDICTS = judge_candidates(CANDIDATES, SENSORS, weeks=12, gate=GATE)


def ledger() -> pl.DataFrame:
    """The ledger of the five."""
    return build_ledger(SENSORS, ADMISSIONS, BASELINES, CANDIDATES, VERDICTS)


def test_every_way_through_the_stages_has_its_outcome() -> None:
    """Accepted, rejected, failed, quarantined with and without a backup."""
    rows = {row["sensor_id"]: row for row in ledger().iter_rows(named=True)}
    found = {name: (row["outcome"], row["serves"], row["version"]) for name, row in rows.items()}
    assert found == {
        "accepted": ("accepted", "model", "m-accepted"),
        "rejected": ("backup", "baseline", "b-rejected"),
        "failed": ("failed", "baseline", "b-failed"),
        "dead": ("quarantined", "baseline", "b-dead"),
        "orphan": ("quarantined", "none", None),
    }
    assert rows["rejected"]["reasons"] == ["not_better_than_baseline"]
    assert rows["failed"]["reasons"] == ["training_failed", "ValueError: no"]
    assert rows["orphan"]["reasons"] == ["no_data", "knows no value"]
    totals = ledger_totals(ledger())
    assert sum(totals["outcomes"].values()) == sum(totals["serves"].values()) == 5


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda t: t.filter(pl.col("sensor_id") != "dead"), "missing: 'dead'"),
        (lambda t: pl.concat([t, t.head(1)]), "more than once: 'accepted'"),
        (lambda t: t.with_columns(outcome=pl.lit("lost")), "without an outcome"),
        (lambda t: t.with_columns(sensor_id=pl.col("sensor_id") + "!"), "unknown: 'accepted!'"),
    ],
)
def test_a_ledger_that_loses_a_sensor_is_refused(broken: Any, message: str) -> None:
    """The run asserts that the rows are the fleet."""
    with pytest.raises(LedgerError, match=message):
        check_ledger(broken(ledger()), IDS)


def test_verdicts_say_why_in_figures_and_in_words() -> None:
    """Each rule has status, figure and threshold; one sentence sums up."""
    accepted, rejected = VERDICTS.sort("sensor_id").iter_rows(named=True)
    assert accepted["sentence"].startswith("better in 12 of 12 weeks, 20 % less error")
    assert "20 % more error" in rejected["sentence"]
    assert rejected["not_better_than_baseline_status"] == "fail"
    assert rejected["not_better_than_baseline_threshold"] == 0.8
    assert accepted["probability"] > 0.8


def test_strict_cohorts_are_told_their_p_value() -> None:
    """The mode is chosen by cohort and stands in the verdict."""
    strict = GATE.model_copy(
        update={"mode": GATE.mode.model_copy(update={"cohorts": {"c": "strict"}})}
    )
    verdicts = judge_candidates(CANDIDATES, SENSORS, weeks=12, gate=strict)
    assert verdicts["mode"].to_list() == ["strict", "strict"]
    assert "p = 0.000" in verdicts["sentence"][0]


def test_poor_evidence_is_said_in_words() -> None:
    """Too few weeks, too few valid hours and bias each have their sentence."""
    poor = {**candidate("accepted", 0.2), "hours": [0] * 12, "valid_share": 0.5}
    biased = {**candidate("rejected", 0.2), "mean_error": 0.7, "valid_share": None}
    frame = pl.DataFrame([poor, biased], schema=CANDIDATE_SCHEMA)
    first, second = judge_candidates(frame, SENSORS, weeks=12, gate=GATE)["sentence"]
    assert first == (
        "0 comparable weeks are not enough to judge; the candidate has a forecast for 50 % of the "
        "hours with a reading; at least 70 % are needed"
    )
    assert "the mean error of the candidate, 0.7, exceeds 0.6" in second
    assert "for how many hours the candidate has a forecast is not known" in second


def test_the_scorecard_has_every_known_sensor() -> None:
    """Skill compares both on the same hours; sensors without a candidate have none."""
    card = make_scorecard(SENSORS, BASELINES, CANDIDATES, VERDICTS)
    skill = dict(card.select("sensor_id", "skill").iter_rows())
    assert skill["accepted"] == pytest.approx(0.2)
    assert skill["rejected"] == pytest.approx(-0.2)
    assert skill["dead"] is None
    assert card.height == 5


def test_a_retired_sensor_is_served_by_nothing() -> None:
    """Whatever else is known of it: the owner's word stands first, and its backup is not blamed."""
    retired = ADMISSIONS.with_columns(
        reasons=pl.when(pl.col("sensor_id").is_in(["dead", "orphan"]))
        .then(pl.lit(["retired_by_owner", "retired_but_sending"]))
        .otherwise("reasons")
    )
    table = build_ledger(SENSORS, retired, BASELINES, CANDIDATES, VERDICTS)
    rows = {row["sensor_id"]: row for row in table.iter_rows(named=True)}
    for name in ("dead", "orphan"):
        found = (rows[name]["outcome"], rows[name]["serves"], rows[name]["version"])
        assert found == ("retired", "none", None)
        assert rows[name]["reasons"] == ["retired_by_owner", "retired_but_sending"]
    assert rows["accepted"]["outcome"] == "accepted"
    assert ledger_totals(table)["outcomes"]["retired"] == 2


def draft(**changes: Any) -> Any:
    """A release of the five."""
    parts = {
        "sensors": SENSORS,
        "ledger": ledger(),
        "candidates": CANDIDATES,
        "baselines": BASELINES,
        "scorecard": make_scorecard(SENSORS, BASELINES, CANDIDATES, VERDICTS),
        "verdicts": VERDICTS,
        "parameters": {"gate": GATE.model_dump(mode="json")},
        "readings": SOURCE,
        "run": {"run_id": "r1"},
        "files": {"report.html": b"<html>"},
    }
    return draft_release(**{**parts, **changes})


def test_a_release_is_named_by_what_shapes_it() -> None:
    """Chunks, order and facts about the run do not matter; a parameter or a value does."""
    rid = draft().rid
    chunks = pl.concat([CANDIDATES.tail(1), CANDIDATES.head(2)], rechunk=False)
    assert draft(candidates=chunks).rid == rid
    assert draft(run={"run_id": "r2"}, files={}).rid == rid
    assert draft(parameters={"gate": {}}).rid != rid
    words = CANDIDATES.with_columns(reason=pl.lit("ValueError: <object at 0x7f00>"))
    told = build_ledger(SENSORS, ADMISSIONS, BASELINES, words, VERDICTS)
    assert draft(ledger=told).rid == rid, "what an exception says names no release"
    other = CANDIDATES.with_columns(intercept=pl.lit(1.0))
    assert draft(candidates=other).rid != rid


def test_a_release_carries_the_serving_models_and_all_backups() -> None:
    """Rejected candidates stay out; their baselines are in."""
    contents = draft().contents
    models = pl.read_parquet(io.BytesIO(contents["models.parquet"]))
    assert models["sensor_id"].to_list() == ["accepted"]
    assert models.columns == list(MODEL_COLUMNS)
    backups = pl.read_parquet(io.BytesIO(contents["baselines.parquet"]))
    assert backups["sensor_id"].to_list() == sorted(IDS)
    assert backups.columns == list(BASELINE_COLUMNS)
    assert table_bytes(models) == table_bytes(models)


def test_provenance_names_its_files_with_their_digests() -> None:
    """The channel entry holds one digest that covers them all."""
    files = attachments({"run_id": "r"}, {"ledger.csv": b"x"})
    assert b'"sha256"' in files["PROVENANCE.json"]
    card = release_card(draft(), {"run_id": "r", "started_at": "t", "by": "me"})
    assert card["rid"] == draft().rid


class Kept:
    """Releases that an earlier run published."""

    def provenance_digest(self, rid: str) -> str:
        return "of the run that made it"


def test_policy_decides_what_goes_live() -> None:
    """Automatic makes every cohort live; four eyes makes none, and says what people run next."""
    card = release_card(draft(), {"run_id": "r", "started_at": "t", "by": "me"})
    live = decide_promotion(card, {"b", "a"}, PromotionParameters(), Kept(), Governed())
    assert live.provenance == "of the run that made it"
    assert live.as_dict()["serves"] == {"a": card["rid"], "b": card["rid"]}
    assert live.commands == ()
    eyes = Governed("four_eyes", environment="production")
    waits = decide_promotion(card, {"a"}, PromotionParameters(), Kept(), eyes)
    assert (waits.state, dict(waits.serves)) == ("waiting for approval", {})
    ask = f'modelfleet request {card["rid"][:12]} --env production --reason "…"'
    assert waits.as_dict()["commands"] == [
        f"modelfleet show {card['rid'][:12]} --env production",
        ask,
        ask.replace("request", "approve"),
    ]


def test_each_cohort_has_its_own_policy() -> None:
    """What goes live by itself does; the rest waits, and what serves there is not touched."""
    card = release_card(draft(), {"run_id": "r", "started_at": "t", "by": "me"})
    served = {"a": "r1", "b": "r1", "gone": "r1"}
    mixed = Governed("automatic", {"b": "four_eyes"}, served)
    partly = decide_promotion(card, {"a", "b"}, PromotionParameters(), Kept(), mixed)
    assert partly.state == "partly live"
    assert partly.serves == {"a": card["rid"], "gone": card["rid"]}
    assert partly.cohorts == {"a": "live", "b": "waiting for approval"}
    held = decide_promotion(
        card, {"a", "b"}, PromotionParameters(), Kept(), mixed, holds=["no_skill"]
    )
    assert (held.state, held.serves) == ("on hold", {})
    assert "--clear no_skill" in held.commands[1]
    same = Governed("four_eyes", serves=dict.fromkeys(("a", "b"), card["rid"]))
    unchanged = decide_promotion(card, {"a", "b"}, PromotionParameters(), Kept(), same)
    assert (unchanged.state, unchanged.serves, unchanged.commands) == ("live", {}, ())


def test_a_cohort_that_nobody_has_is_no_cohort_with_a_policy() -> None:
    """A slip of the pen in owners.yml would leave a cohort without its owner."""
    card = release_card(draft(), {"run_id": "r", "started_at": "t", "by": "me"})
    with pytest.raises(ConfigurationError, match="'nroth', which the fleet has not"):
        decide_promotion(
            card, {"north"}, PromotionParameters(), Kept(), Governed(cohorts={"nroth": "four_eyes"})
        )


def test_a_run_in_a_few_figures() -> None:
    """What people read at the end, and what MLflow draws."""
    card = release_card(draft(), {"run_id": "r", "started_at": "t", "by": "me"})
    summary = summarise_run(
        fleet="f",
        ledger=ledger(),
        scorecard=make_scorecard(SENSORS, BASELINES, CANDIDATES, VERDICTS),
        card=card,
        decision={
            "state": "partly live",
            "cohorts": {"a": "live", "b": "on hold"},
            "commands": ["modelfleet request abc"],
        },
        run={"run_id": "r", "started_at": "t", "environment": "local"},
    )
    assert summary["share_on_backup"] == pytest.approx(3 / 5)
    metrics = fleet_metrics(summary)
    assert metrics["outcome.accepted"] == {"value": 1.0, "step": 0}
    assert "median_skill" in metrics
    assert "median_skill" not in fleet_metrics({**summary, "median_skill": None})
    text = format_summary(summary, report="r.html", quality="q.html", mlflow_run="abc")
    assert "1 accepted, 1 backup, 2 quarantined, 1 failed" in text
    assert "b (on hold)" in text
    assert "modelfleet request abc" in text
    assert "r.html" in text
    assert "q.html" in text
    assert "no candidate was judged" in format_summary({**summary, "median_skill": None})
    assert "Left out" not in text


def test_a_run_says_what_was_left_out() -> None:
    """Hours, sensors and the first events behind them, whatever their number."""
    card = release_card(draft(), {"run_id": "r", "started_at": "t", "by": "me"})
    scorecard = make_scorecard(SENSORS, BASELINES, CANDIDATES, VERDICTS)
    hours = pl.Series([30.0, None, 12.0, 0.0, 0.0][: scorecard.height])
    names = ["e1", "e2", "e2", None, "e4", "e5"]
    summary = summarise_run(
        fleet="f",
        ledger=ledger(),
        scorecard=scorecard.with_columns(excluded_hours=hours),
        card=card,
        decision={"state": "live", "cohorts": {}, "commands": []},
        run={"run_id": "r", "started_at": "t", "environment": "local"},
        exclusions=[{"event_id": name, "kind": "strike"} for name in names],
    )
    assert summary["excluded"] == {
        "events": ["e1", "e2", "strike", "e4", "e5"], "sensors": 2, "hours": 42.0,
    }  # fmt: skip
    assert fleet_metrics(summary)["excluded_hours"] == {"value": 42.0, "step": 0}
    assert "Left out      42 hours of 2 sensors: e1, e2, strike, e4 and 1 more" in format_summary(
        summary
    )


def test_where_rows_went_in_figures() -> None:
    """Each figure of the account is a metric, rejected rows as a sum and by reason."""
    rejected = {"off_grid": 1, "not_finite": 2}
    account = Account(rows_in=6, stored=2, duplicates=1, rejected=rejected, late=1)
    metrics = ingestion_metrics(account.as_dict(), batches=4)
    assert {name: metric["value"] for name, metric in metrics.items()} == {
        "batches": 4, "rows_in": 6, "stored": 2, "duplicates": 1, "merged": 0, "moved_to_grid": 0,
        "missing_values": 0, "late": 1, "corrections": 0, "rejected": 3,
        "rejected.off_grid": 1, "rejected.not_finite": 2,
    }  # fmt: skip


def boosted(iterations: int) -> EstimatorModel:
    """A small model that is no linear one."""
    generator = np.random.default_rng(0)
    features, target = generator.normal(size=(300, 3)), generator.normal(size=300)
    estimator = HistGradientBoostingRegressor(max_iter=iterations, random_state=1)
    return EstimatorModel(make_pipeline(StandardScaler(), estimator).fit(features, target))


def to_bytes(model: Any, *packages: str) -> bytes:
    """Bytes of a model whose estimator may come from scikit-learn, and from more packages."""
    return model_to_bytes(model, packages=["sklearn", *packages])


def test_types_of_other_packages_are_told_when_training() -> None:
    """A model that could not be loaded again fails at once; a package of one's own is trusted."""
    generator = np.random.default_rng(0)
    features, target = generator.normal(size=(50, 2)), generator.normal(size=50)
    model = EstimatorModel(Cautious().fit(features, target))
    with pytest.raises(TaskError, match=r"untrusted 'tests\.estimators\.Cautious'"):
        to_bytes(model)
    content = to_bytes(model, "tests")
    loaded = model_from_bytes(content, packages=["tests"])
    rows = Columns.of(features)
    np.testing.assert_array_equal(loaded.predict(rows), model.predict(rows))
    with pytest.raises(ReleaseError, match=r"cannot be trusted: UntrustedTypes.*Cautious"):
        model_from_bytes(content, packages=["sklearn"])


def test_equal_models_are_equal_bytes() -> None:
    """No memory address and no time of day is in them, so they can be hashed."""
    content = to_bytes(boosted(3))
    assert content == to_bytes(boosted(3))
    assert content != to_bytes(boosted(4))
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert all(len(name.split(".")[0]) < 8 for name in names)


def test_a_model_forecasts_the_same_after_the_way_through_bytes() -> None:
    """What is served is what was fitted."""
    model = boosted(3)
    features = np.random.default_rng(1).normal(size=(20, 3))
    loaded = model_from_bytes(to_bytes(model), packages=["sklearn"])
    rows = Columns.of(features)
    np.testing.assert_array_equal(loaded.predict(rows), model.predict(rows))


def test_what_is_no_estimator_has_no_bytes() -> None:
    """Linear models are columns, not bytes."""
    with pytest.raises(TaskError, match="has no byte form"):
        to_bytes(object())


def archive(*files: tuple[str, bytes]) -> bytes:
    """A zip archive, packed as tightly as it can be."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name, content in files:
            target.writestr(name, content)
    return out.getvalue()


def naming(kind: str) -> bytes:
    """An archive of skops whose object is of some type that was fitted by nobody."""
    content = zipfile.ZipFile(io.BytesIO(to_bytes(boosted(1))))
    module, _, name = kind.rpartition(".")
    schema = json.loads(content.read("schema.json")) | {"__module__": module, "__class__": name}
    others = [(each, content.read(each)) for each in content.namelist() if each != "schema.json"]
    return archive(("schema.json", json.dumps(schema).encode()), *others)


def bomb(size: int) -> bytes:
    """An archive of which the directory says that its one entry has so many bytes."""
    content = bytearray(archive(("schema.json", b"{}")))
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = size.to_bytes(4, "little")
    return bytes(content)


CRAFTED = {
    "nothing": (b"", "it is no archive"),
    "a pickle": (pickle.dumps(print), "it is no archive"),
    "no object": (archive(("schema.json", b"{}")), "cannot be trusted"),
    "deep nesting": (archive(("schema.json", b"[" * 10_000)), "cannot be trusted"),
    "a bomb": (bomb(2**31), "would unpack to 1 entries of 2,147,483,648 bytes"),
    "a shell": (naming("os.system"), "system"),
    "a process": (naming("subprocess.Popen"), "Popen"),
    "a part": (to_bytes(boosted(1))[:-100], "it is no archive"),
}
"""Named, because the bytes hold the time at which an archive was made."""


@pytest.mark.parametrize(("content", "message"), CRAFTED.values(), ids=CRAFTED)
def test_crafted_bytes_of_a_model_are_refused(content: bytes, message: str) -> None:
    """Types of any kind, half an archive, one that unpacks to more than there is: nothing runs."""
    with pytest.raises(ReleaseError, match=message):
        model_from_bytes(content, packages=["sklearn"])


def test_what_does_not_forecast_is_no_model() -> None:
    """Trusted by skops, and still nothing that a sensor can be served by."""
    with pytest.raises(ReleaseError, match="a dict does not forecast"):
        model_from_bytes(skops.io.dumps({"a": 1}), packages=["sklearn"])
