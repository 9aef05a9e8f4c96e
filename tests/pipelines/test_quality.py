"""The page on the data, run after run: it needs no training, and knows what changed."""

import mlflow
import polars as pl
import pytest

from modelfleet.hooks import StoppedRunError
from tests.conftest import kedro
from tests.project import Project, inside
from tests.reporting.pages import Page

STAGES = ["ingestion", "validation"]
TIME = pl.col("timestamp")
LAST_WEEKS = pl.datetime(2018, 12, 3)
ONE_WEEK_IN_MARCH = TIME.is_between(pl.datetime(2018, 3, 5), pl.datetime(2018, 3, 12), "left")


def page_of(project: Project) -> Page:
    """The page as it lies there."""
    return Page((project.data / "08_reporting" / "quality.html").read_text(encoding="utf-8"))


def test_two_stages_alone_give_the_page(fresh: Project) -> None:
    """A data engineer does not need to train; an unchanged second run says so and keeps a file."""
    fresh.run(pipelines=STAGES)
    page = page_of(fresh)
    account = fresh.load("ingestion_account")
    assert f"{account['rows_in']:,} rows came in: {account['stored']:,} stored" in page.said
    assert "This is the first run." in page.said
    assert len(page.island["id"]) == 12
    file = fresh.data / "08_reporting" / "quality_history.json"
    before = file.stat().st_mtime_ns
    fresh.run(pipelines=STAGES)
    assert "Nothing changed since" in page_of(fresh).said
    assert file.stat().st_mtime_ns == before


def test_a_change_is_told_until_the_next_one(fresh: Project) -> None:
    """New and lost sensors, silence, late and rejected rows; told again by an unchanged re-run."""
    raw = fresh.raw / "readings.parquet"
    whole = pl.read_parquet(raw)
    late = ONE_WEEK_IN_MARCH & (pl.col("sensor_id") == "D_n10")
    new, silent, wrong = (pl.col("sensor_id") == name for name in ("P_n679", "D_n17", "D_n10"))
    sensors = fresh.raw / "sensors.csv"
    metadata = pl.read_csv(sensors, infer_schema=False)
    metadata.filter(~new).write_csv(sensors)
    whole.filter((TIME < LAST_WEEKS) & ~late & ~new).write_parquet(raw)
    fresh.run(pipelines=STAGES)
    admitted = fresh.load("admissions").set_index("sensor_id")["admitted"]
    assert admitted["D_n17"]

    metadata.write_csv(sensors)
    negative = pl.when(wrong & (pl.datetime(2018, 12, 30) < TIME)).then(-9.0).otherwise("value")
    more = whole.filter(~silent | (TIME < LAST_WEEKS)).with_columns(value=negative)
    more.write_parquet(raw)
    for _ in range(2):  # the second run finds nothing new, and still tells the last change
        fresh.run(pipelines=STAGES)
        changes = fresh.load("quality_changes")
        told = {row["sensor_id"]: row["change"] for row in changes["sensors"]}
        assert told["D_n17"] == "quarantined"
        assert told["P_n679"] == "appeared"
        assert changes["figures"]["late"][1] > 7 * 24
        assert changes["figures"]["rejected.below_lower_limit"][1] > 40
        assert changes["latest"]["version"] == changes["before"]["version"] + 1
        assert changes["latest"]["last"] > changes["before"]["last"]
        page = page_of(fresh)
        assert "newly in quarantine D_n17 silent at the end" in page.said
        assert "late rows inside the already known period" in page.said
    assert "Nothing changed since" in page.said


def test_rows_that_are_only_rejected_are_a_change(ran: Project) -> None:
    """They leave no row in the readings, only a version without any, and are told all the same."""
    before = ran.load("readings")
    later = TIME.dt.offset_by("17m")
    ran.change_readings(lambda rows: pl.concat([rows, rows.head(1).with_columns(later)]))
    ran.run(pipelines=STAGES)
    changes = ran.load("quality_changes")
    assert changes["figures"]["rejected.off_grid"] == [0, 1]
    assert changes["latest"]["version"] == changes["before"]["version"] + 1
    assert ran.load("readings").shards() == before.shards()
    assert changes["sensors"] == []


def test_other_limits_are_a_change_and_what_the_page_shows_is_none(ran: Project) -> None:
    """A new limit is told with the sensors it concerns; a longer list of batches is no news."""
    ran.configure({"validation": {"admission": {"min_history_weeks": 0}}})
    ran.run(pipelines=STAGES)
    changes = ran.load("quality_changes")
    assert changes["other_settings"]
    assert {"sensor_id": "D_n27", "change": "recovered"}.items() <= changes["sensors"][0].items()
    shown = {"report": {"batches": 3}, "admission": {"min_history_weeks": 0}}
    ran.configure({"validation": shown})
    ran.run(pipelines=STAGES)
    assert "Nothing changed since" in page_of(ran).said


def test_a_run_that_is_stopped_leaves_the_page_that_shows_why(fresh: Project) -> None:
    """The page is made before an expectation may stop the run, and nothing after it is."""
    strict = {
        "table": "fleet",
        "type": "expect_column_values_to_be_between",
        "arguments": {"column": "rejected_share", "max_value": 0.0},
        "consequence": "stop",
        "reason": "too_many_rows_rejected",
    }
    fresh.configure({"validation": {"expectations": [strict]}})
    with pytest.raises(StoppedRunError, match=r"(?s)too_many_rows_rejected.*data-quality page"):
        fresh.run()
    page = page_of(fresh)
    assert "1 expectation was not met, and that stops the run too many rows rejected" in page.said
    assert not (fresh.data / "04_feature" / "validation_stamp.json").exists()
    assert not (fresh.data / "06_models" / "baselines.json").exists()


def test_ingestion_alone_is_tracked(fresh: Project) -> None:
    """Where the rows went is drawn over time, and each batch is a line of a table."""
    done = kedro(fresh, "run", "--pipelines", "ingestion")
    assert done.returncode == 0, done.stderr
    account = fresh.load("ingestion_account")
    client = mlflow.MlflowClient(f"sqlite:///{fresh.data}/mlflow/mlflow.db")
    (experiment,) = [e for e in client.search_experiments() if e.name == "modelfleet-local"]
    (run,) = client.search_runs([experiment.experiment_id])
    with inside(fresh.path):  # where artifacts lie is kept relative to the project
        tables = [entry.path for entry in client.list_artifacts(run.info.run_id, "tables")]
    metrics = run.data.metrics
    for name in ("rows_in", "stored", "duplicates", "late", "corrections", "missing_values"):
        assert metrics[f"ingestion.{name}"] == account[name]
    for reason, rows in account["rejected"].items():
        assert metrics[f"ingestion.rejected.{reason}"] == rows
    assert metrics["ingestion.rejected"] == sum(account["rejected"].values())
    assert tables == ["tables/batch_accounts.csv"]
    (line,) = fresh.load("batch_accounts").to_dict("records")
    assert (line["batch"], line["rows_in"]) == ("readings.parquet", account["rows_in"])
