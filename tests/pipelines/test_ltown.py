"""The main job on the default fleet: 987,100 raw readings of 119 sensors to a release."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
import yaml

from modelfleet.fleet.ledger import OUTCOMES
from tests.conftest import Finished, kedro
from tests.project import RAW, ROOT, inside

pytestmark = pytest.mark.xdist_group("ltown")


def quirks(kind: str) -> pl.DataFrame:
    """The injected faults of one kind."""
    truth = pl.read_csv(RAW / "ltown" / "truth_quirks.csv", infer_schema_length=None)
    return truth.filter(pl.col("quirk") == kind).with_columns(
        pl.col("start", "end").str.to_datetime(time_zone="UTC")
    )


def test_ledger_has_one_row_for_each_known_sensor(ltown: Finished) -> None:
    """No sensor disappears, and the outcomes sum to the fleet."""
    ledger = ltown.project.ledger()
    known = pl.read_csv(ltown.project.raw / "sensors.csv")["sensor_id"]
    assert sorted(ledger["sensor_id"]) == sorted(known)
    assert ledger.height == 119
    assert set(ledger["outcome"]) <= set(OUTCOMES)


def test_most_sensors_are_accepted_but_not_all(ltown: Finished) -> None:
    """The gate says yes where a model earns its place; one that always says yes is no gate."""
    accepted = ltown.project.ledger().filter(pl.col("outcome") == "accepted")
    assert 75 <= accepted.height <= 112


def expected_quarantines() -> dict[str, str]:
    """From the answers, not from our results: the faults that still matter when the year ends.

    A sensor that died is dead. One that was stuck counts while it lies in the recent weeks, and one
    that started late while its history is short.
    """
    end = datetime(2019, 1, 1, tzinfo=UTC)
    validation = yaml.safe_load((ROOT / "conf/base/parameters_validation.yml").read_text())
    limits = validation["validation"]
    recent = end - timedelta(weeks=limits["profile"]["recent_weeks"])
    young = end - timedelta(weeks=limits["admission"]["min_history_weeks"])
    return {
        **dict.fromkeys(quirks("dead")["sensor_id"], "dead"),
        **dict.fromkeys(quirks("stuck").filter(pl.col("end") > recent)["sensor_id"], "stuck"),
        **dict.fromkeys(
            quirks("late_start").filter(pl.col("end") > young)["sensor_id"], "too_young"
        ),
    }


def test_faults_are_quarantined_with_the_right_reason_and_nothing_else_is(ltown: Finished) -> None:
    """Every fault that still matters is found and called by its name, and by no second one.

    Nor is a sensor set aside that has none: there is not one false quarantine.
    """
    quarantined = ltown.project.ledger().filter(pl.col("outcome") == "quarantined")
    expected = expected_quarantines()
    assert len(expected) == 8
    # For the dead there is no value to forecast from either.
    told = {name: f"{r}; no_recent_value" if r == "dead" else r for name, r in expected.items()}
    assert dict(quarantined.select("sensor_id", "reasons").iter_rows()) == told


def test_old_faults_have_healed(ltown: Finished) -> None:
    """Two days of one same value in May and a start in April keep nobody from learning."""
    faulty = {*quirks("stuck")["sensor_id"], *quirks("late_start")["sensor_id"]}
    healed = faulty - expected_quarantines().keys()
    assert "D_n383" in healed
    outcome = dict(ltown.project.ledger().select("sensor_id", "outcome").iter_rows())
    assert {outcome[name] for name in healed} <= {"accepted", "backup"}


def test_every_raw_row_is_accounted_for(ltown: Finished) -> None:
    """Rows in are rows stored, rejected or repeated; the tables hold what the account says."""
    project = ltown.project
    account = project.load("ingestion_account")
    assert account["rows_in"] == 987_100
    assert account["duplicates"] == 300
    rejected = project.load("rejected_readings")
    assert dict(rejected["reason"].value_counts().iter_rows()) == account["rejected"]
    stored = project.load("readings").scan().select(pl.len()).collect().item()
    assert stored == account["stored"]
    assert stored + rejected.height + account["duplicates"] == account["rows_in"]


def test_readings_are_unique_sorted_and_in_utc(ltown: Finished) -> None:
    """One reading per sensor and time; a shard reads back in order whatever storage does."""
    readings = ltown.project.load("readings")
    whole = readings.scan().collect()
    assert not whole.select(pl.struct("sensor_id", "timestamp").is_duplicated().any()).item()
    assert whole.schema["timestamp"] == pl.Datetime("us", "UTC")
    shard = readings.read(min(readings.shards()))
    assert shard.equals(shard.sort("sensor_id", "timestamp"))


def test_what_leaves_the_physical_range_is_rejected_and_nothing_else(ltown: Finished) -> None:
    """Every raw value beyond its sensor's limits, spikes among them, as it came."""
    limits = pl.from_pandas(ltown.project.load("sensors"))
    raw = pl.read_parquet(ltown.project.raw / "readings.parquet").join(limits, on="sensor_id")
    high = pl.col("value") > pl.col("upper_limit")
    low = pl.col("value") < pl.col("lower_limit")
    beyond = raw.filter(high | low).unique(["sensor_id", "timestamp", "value"])
    expected = beyond.select(
        "sensor_id",
        "value",
        reason=pl.when(high)
        .then(pl.lit("above_upper_limit"))
        .otherwise(pl.lit("below_lower_limit")),
    )
    refused = ltown.project.load("rejected_readings").select(
        "sensor_id", pl.col("value").cast(pl.Float64), "reason"
    )
    assert sorted(refused.rows()) == sorted(expected.rows())
    # A negative value leaves every range, ten times the usual value that of three of the five.
    above = expected.filter(pl.col("reason") == "above_upper_limit")["sensor_id"]
    spiky = set(quirks("spikes")["sensor_id"])
    assert spiky & set(above) == {"D_n1", "P_n31", "P_n469"}
    assert spiky <= set(refused["sensor_id"])


def test_whoever_is_not_served_by_a_model_is_served_by_its_baseline(ltown: Finished) -> None:
    """The backup is a first-class model; only the dead have nothing, and that is counted."""
    ledger = ltown.project.ledger()
    assert set(ledger.filter(pl.col("serves") == "none")["sensor_id"]) == {
        "D_n11", "P_n105", "P_n114",
    }  # fmt: skip
    backup = ledger.filter(pl.col("outcome") == "backup")
    assert set(backup["serves"]) == {"baseline"}
    assert (ledger.filter(pl.col("serves") != "none")["version"] != "").all()


def test_the_release_says_what_the_ledger_says(ltown: Finished) -> None:
    """A release is complete, verified byte by byte, and carries each model that serves."""
    with inside(ltown.project.path):
        store = ltown.project.load("release")
        (rid,) = store.rids()
        release = store.open(rid)
    ledger = ltown.project.ledger()
    assert (
        release.table("serves")
        .select("sensor_id", "outcome", "serves")
        .equals(ledger.select("sensor_id", "outcome", "serves"))
    )
    models = release.table("models")
    assert set(models["sensor_id"]) == set(ledger.filter(pl.col("serves") == "model")["sensor_id"])
    assert release.table("baselines").height == 119
    assert set(ltown.project.load("channel").live().values()) == {rid}


def test_the_run_is_tracked(ltown: Finished) -> None:
    """One MLflow run with configuration, metrics, tables, figures and the report."""
    import mlflow

    database = ltown.project.data / "mlflow" / "mlflow.db"
    with inside(ltown.project.path):  # artifacts lie below it
        client = mlflow.MlflowClient(f"sqlite:///{database}")
        (experiment,) = [e for e in client.search_experiments() if e.name == "modelfleet-local"]
        (run,) = client.search_runs([experiment.experiment_id])
        top = {entry.path for entry in client.list_artifacts(run.info.run_id)}
        figures = {entry.path for entry in client.list_artifacts(run.info.run_id, "figures")}
    metrics = run.data.metrics
    assert metrics["fleet.sensors"] == 119
    outcomes = [value for name, value in metrics.items() if name.startswith("fleet.outcome.")]
    assert sum(outcomes) == 119
    stages = {"ingestion", "validation", "baseline", "training", "evaluation", "promotion"}
    assert {f"seconds.{stage}" for stage in stages} <= metrics.keys()
    assert 0 < metrics["fleet.median_skill"] < 1
    assert metrics["ingestion.rows_in"] == 987_100
    assert {"report.html", "quality.html", "configuration.yml", "tables", "figures"} <= top
    assert len(figures) == 4


def test_the_run_ends_with_a_short_table_on_stdout(ltown: Finished) -> None:
    """People see the outcome at once; logs are on stderr and carry the time."""
    assert "119 sensors" in ltown.stdout
    assert "accepted" in ltown.stdout
    assert "report.html" in ltown.stdout
    assert "quality.html" in ltown.stdout
    assert len(ltown.stdout.splitlines()) < 12
    assert "INFO" not in ltown.stdout
    assert "done in" in ltown.stderr


def test_kedro_fleet_answers_like_the_console_script(ltown: Finished) -> None:
    """``kedro fleet ledger --json`` prints JSON alone on stdout."""
    import json

    done = kedro(ltown.project, "fleet", "ledger", "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["schema"] == 1
    assert printed["fleet"] == 119 == sum(printed["outcomes"].values()) == len(printed["sensors"])
    assert {"sensor_id", "outcome", "serves", "reasons"} == printed["sensors"][0].keys()
