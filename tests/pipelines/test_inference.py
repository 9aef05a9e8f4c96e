"""Forecasts of a project: by what is live, once per origin, and told whatever happens."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from deltalake import DeltaTable

from modelfleet.commands.project import open_assets
from modelfleet.fleet.inference import PREDICTION_SCHEMA
from modelfleet.hooks import StoppedRunError
from tests.project import ROOT, Project, inside

pytestmark = pytest.mark.xdist_group("kedro_run")

NEXT = "2019-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class Told:
    """A run in a process of its own that ended with an error."""

    project: Project
    code: int
    stdout: str
    stderr: str
    page: str


@pytest.fixture(scope="module")
def told(few: Project, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """More forecasts are backups than were allowed."""
    folder = tmp_path_factory.mktemp("inference")
    project = Project(shutil.copytree(few.path, folder / "project"))
    page = folder / "page.md"
    options = ["--pipelines", "inference", "--params", "inference.max_backup_share=0.1"]
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", *options],
        cwd=project.path,
        env={**os.environ, "GITHUB_STEP_SUMMARY": str(page)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Told(project, done.returncode, done.stdout, done.stderr, page.read_text())


@pytest.fixture
def project(told: Told, tmp_path: Path) -> Project:
    """A copy of it, for a test that runs again."""
    tracked = shutil.ignore_patterns("mlflow")
    return Project(shutil.copytree(told.project.path, tmp_path / "project", ignore=tracked))


def predictions(project: Project) -> pl.DataFrame:
    """All of them."""
    rows = project.load("predictions").collect()
    assert isinstance(rows, pl.DataFrame)
    return rows


def account(project: Project) -> dict[str, Any]:
    """Of the last origin of the last run."""
    last: dict[str, Any] = project.load("inference_summary")["origins"][-1]
    return last


def test_too_many_backups_end_a_run_after_it_has_written(told: Told) -> None:
    """The exit code and a sentence; predictions, summary and figures are there all the same."""
    assert told.code == 1
    assert "PredictionError: 58.7 % of the forecasts are no model's at origin" in told.stderr
    assert "everything is written" in told.stderr
    assert "Traceback" not in told.stderr
    assert predictions(told.project).height == 12 * 24
    assert account(told.project)["origin"] == NEXT
    database = sqlite3.connect(told.project.data / "mlflow" / "mlflow.db")
    tracked = dict(database.execute("select key, value from metrics where key like 'inference.%'"))
    assert tracked["inference.share_on_backup"] == pytest.approx(0.587, abs=1e-3)
    assert tracked["inference.sensors"] == 12
    assert tracked["inference.source.none"] == 2
    assert tracked["inference.reason.dead"] == 2


def test_a_run_shows_its_forecasts_on_the_terminal_and_beside_the_job(told: Told) -> None:
    """Also one that ends with an error: that is when people look."""
    for text in (told.stdout, told.page):
        assert "ltown, 12 sensors (local)" in text
        assert "2019-01-01 00:00 UTC" in text
        assert "5 model, 5 baseline, 2 none" in text
        assert "58.7 % of all steps (limit 10.0 %)" in text
    assert "## ltown: forecasts" in told.page


def test_every_row_tells_its_whole_story(told: Told) -> None:
    """Columns, versions and periods are those of the release that is live."""
    rows, project = predictions(told.project), told.project
    assert rows.schema == PREDICTION_SCHEMA
    assert set(rows["sensor_id"]) == set(project.ledger()["sensor_id"])
    (rid,) = set(project.load("channel").live().values())
    assert rows["release"].unique().to_list() == [rid]
    models = project.load("release").open(rid).table("models")
    by_model = rows.filter(pl.col("source") == "model")
    pairs = by_model.join(models, left_on="model_version", right_on="version", how="left")
    for name in ("trained_from", "trained_to", "recipe"):
        assert pairs[name].equals(pairs[f"{name}_right"], check_names=False)
    assert rows["readings_version"].unique().to_list() == [project.load("readings").version]
    assert rows.filter(pl.col("source") == "none")["value"].null_count() == 48


def test_the_examples_of_the_page_run(told: Told) -> None:
    """SQL, pandas and Polars find the table with what people have installed."""
    page = (ROOT / "docs" / "inference.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    with inside(told.project.path):
        known = {"DeltaTable": DeltaTable, "duckdb": duckdb, "pl": pl, "catalog": open_assets(None)}
        *lines, last = "".join(blocks).strip().splitlines()
        results = [run_line(line, known) for line in [*lines, last]]
    sizes = [len(result) for result in results if result is not None]
    assert sizes == [12 * 24, 24, 12 * 24]


def run_line(line: str, known: dict[str, Any]) -> Any:
    """Execute a line of the page; the rows that it gives, if it is no assignment."""
    if re.match(r"\w+ = ", line):
        exec(line, known)
        return None
    return eval(line, known)


def test_a_repeated_run_adds_nothing(project: Project) -> None:
    """No row, no version, no file; what is there is counted again, and no limit is broken."""
    before = sorted((project.data / "07_model_output" / "predictions").rglob("*"))
    project.run(pipelines=["inference"])
    assert sorted((project.data / "07_model_output" / "predictions").rglob("*")) == before
    assert account(project)["state"] == "kept"


def test_new_readings_give_a_new_origin(project: Project) -> None:
    """The documented daily run: readings come in, and the next day is forecast."""
    day = pl.col("timestamp").max().dt.offset_by("-23h")
    project.change_readings(
        lambda rows: pl.concat(
            [
                rows,
                rows.filter(pl.col("timestamp") >= day).with_columns(
                    pl.col("timestamp").dt.offset_by("1d")
                ),
            ]
        )
    )
    before = predictions(project)
    project.run(pipelines=["ingestion", "inference"])
    rows = predictions(project)
    assert rows.height == 2 * before.height
    new = rows.join(before, on="origin", how="anti")
    assert new["readings_version"].unique().to_list() == [1]
    assert [str(each) for each in new["origin"].unique()] == ["2019-01-02 00:00:00+00:00"]
    assert account(project)["sources"]["model"] >= 4


def test_past_origins_are_forecast_by_a_parameter(project: Project) -> None:
    """Once each, and marked where the model has learned from what it forecasts."""
    asked = {"inference": {"origins": "2018-12-01/2018-12-03"}}
    project.run(pipelines=["inference"], parameters=asked)
    rows, summary = predictions(project), project.load("inference_summary")
    assert rows["origin"].n_unique() == 4
    assert [each["in_sample"] for each in summary["origins"]] == [5, 5, 5]
    assert summary["readings"]["rows"] is None
    project.run(pipelines=["inference"], parameters=asked)
    assert predictions(project).height == rows.height


def test_an_edited_release_is_told_and_baselines_stand_in(project: Project) -> None:
    """There was none before it: no model, an error, and a value for whoever sent readings."""
    (models,) = (project.data / "releases").glob("*/models.parquet")
    models.write_bytes(models.read_bytes()[:-1] + b"x")
    shutil.rmtree(project.data / "07_model_output" / "predictions")
    with pytest.raises(StoppedRunError, match=r"100\.0 % of the forecasts are no model's"):
        project.run(pipelines=["inference"])
    rows = predictions(project)
    assert rows["reason"].unique().to_list() == ["no_verified_release"]
    assert rows.filter(pl.col("source") == "baseline")["value"].null_count() == 0
    assert "cannot be trusted" in project.load("inference_summary")["problems"][0]
