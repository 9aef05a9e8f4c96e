"""Every model says what it was made of, and can be made again from that, a release later."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable

from modelfleet.commands import fleet as command
from modelfleet.domain.agreement import TOLERANCE
from modelfleet.fleet import reproduction
from modelfleet.stores.compaction import compact_readings
from modelfleet.stores.lineage import lineage_of
from tests.project import Project, inside

pytestmark = pytest.mark.xdist_group("second")


def typed(project: Project, *arguments: str) -> Result:
    """What somebody types inside the project."""
    with inside(project.path):
        return CliRunner().invoke(command, list(arguments))


def document(project: Project, *arguments: str) -> dict[str, Any]:
    """What a command prints for programs."""
    printed: dict[str, Any] = json.loads(typed(project, *arguments, "--json").stdout)
    return printed


@pytest.fixture
def both(fleet: Project) -> tuple[Project, str, str]:
    """The project, its first release, and the one that was made of thirty more days."""
    first = fleet.load("channel").entries()[0].serves
    (before,) = set(first.values())
    return fleet, before, fleet.load("release_card")["rid"]


def test_an_older_release_is_the_same_when_trained_again(both: tuple[Project, str, str]) -> None:
    """Twenty of its sensors, by the readings of then: thirty more days were ingested since."""
    project, before, _ = both
    assert project.load("readings").version == 1
    done = typed(project, "replay", before, "--sample", "20", "--json")
    assert done.exit_code == 0, done.output
    sensors = json.loads(done.stdout)["sensors"]
    assert len({row["sensor_id"] for row in sensors}) == 20
    assert {row["table_version"] for row in sensors} == {0}
    assert {row["compared"] for row in sensors} == {"coefficients"}
    assert max(row["difference"] for row in sensors) <= TOLERANCE
    assert all(row["same_version"] and row["same_code"] for row in sensors)


def test_a_model_that_stays_names_the_readings_that_it_was_trained_on(
    both: tuple[Project, str, str],
) -> None:
    """Those of the release that it comes from, by whose configuration it is trained again."""
    project, before, after = both
    rows = lineage_of(project.load("release"), after)
    kept = rows.filter((pl.col("kind") == "model") & (pl.col("sensor_id") == "worse-00")).to_dicts()
    assert kept[0]["table_version"] == 0
    assert kept[0]["release"] == before
    origin = lineage_of(project.load("release"), before).filter(pl.col("kind") == "model")
    assert kept == origin.filter(pl.col("sensor_id") == "worse-00").to_dicts()
    sensors = ("--sensor", "worse-00", "--sensor", "failing-00", "--sensor", "broken-00")
    done = typed(project, "replay", after, *sensors, "--json")
    assert done.exit_code == 0, done.output
    found = {row["sensor_id"]: row for row in json.loads(done.stdout)["sensors"]}
    assert {n: (r["compared"], r["table_version"]) for n, r in found.items()} == {
        "worse-00": ("coefficients", 0),
        "failing-00": ("coefficients", 0),
        "broken-00": ("pattern", 1),
    }
    assert all(row["same_version"] for row in found.values())


def test_a_release_counts_what_its_models_come_from(both: tuple[Project, str, str]) -> None:
    """By version of the readings and by run, with the oldest and the newest model."""
    project, before, after = both
    told = document(project, "lineage", "--release", after[:12])
    models = {o["table_version"]: o for o in told["origins"] if o["kind"] == "model"}
    rows = lineage_of(project.load("release"), after).filter(pl.col("kind") == "model")
    counted = dict(rows.group_by("table_version").len().iter_rows())
    assert {version: origin["count"] for version, origin in models.items()} == counted
    assert models[0]["release"] == before
    assert told["oldest"]["table_version"] == 0
    assert told["newest"]["trained_to"] > told["oldest"]["trained_to"]
    assert told["readings"]["version"] == 1
    assert "models of version 0" in typed(project, "lineage", "--release", after).stdout


def test_a_model_tells_readings_recipe_code_run_and_service(
    both: tuple[Project, str, str],
) -> None:
    """By its version, or by the sensor that it serves now."""
    project, before, after = both
    served = project.load("release").open(before).table("serves")
    version = served.filter(pl.col("sensor_id") == "worse-00")["version"][0]
    told = document(project, "lineage", "--model", version[:10])
    assert told["readings"]["table_version"] == 0
    assert told["releases"] == [before, after]
    assert told["made_by"]["specification"]["estimator"]["class"].endswith("Ridge")
    assert told["code"]["same"]
    assert told["lock"]["same"]
    assert told["run"]["mlflow_run"]
    assert [(entry["position"], entry["release"]) for entry in told["live"]] == [(1, before)]
    assert document(project, "lineage", "--sensor", "worse-00") == told
    text = typed(project, "lineage", "--model", version[:10]).stdout
    assert "version 0 of table" in text
    assert "as installed now" in text


@pytest.fixture
def apart(both: tuple[Project, str, str], tmp_path: Path) -> tuple[Project, str, str]:
    """The same releases and readings in a project that a test may change."""
    project, before, after = both
    ignored = shutil.ignore_patterns("mlflow", "04_feature", "01_raw", "later.parquet")
    copy = Project(shutil.copytree(project.path, tmp_path / "p", ignore=ignored))
    return copy, before, after


def test_joining_files_takes_nothing_away(apart: tuple[Project, str, str]) -> None:
    """The older version reads the files that it always read, until somebody vacuums the table."""
    project, before, _ = apart
    readings = str(project.data / "03_primary" / "readings")
    compact_readings(readings, 1)
    table = DeltaTable(readings)
    assert table.version() == 2
    assert table.vacuum() == []
    assert typed(project, "replay", before, "--sensor", "worse-00").exit_code == 0
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    done = typed(project, "replay", before, "--sensor", "worse-00", "--sensor", "usual-00")
    assert done.exit_code == 1
    assert "0 of 2 models" in done.stdout
    assert "the table was vacuumed" in done.stdout
    assert "restore the table from a backup" in done.stdout


def test_other_code_is_told_and_numbers_count(
    both: tuple[Project, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version holds the code, so it is another; what is compared are the coefficients."""
    project, before, _ = both
    for module in ("modelfleet.stores.reproduction", "modelfleet.fleet.tasks.training"):
        monkeypatch.setattr(f"{module}.code_digest", lambda: "0" * 64)
    done = typed(project, "replay", before, "--sensor", "worse-00")
    assert done.exit_code == 0, done.output
    assert "Other code is installed" in done.stdout
    row = document(project, "replay", before, "--sensor", "worse-00")["sensors"][0]
    assert (row["same_code"], row["same_version"], row["difference"]) == (False, False, 0.0)


def test_a_model_that_comes_out_otherwise_is_told(
    both: tuple[Project, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command fails, and says by how much."""
    project, before, _ = both
    trained = reproduction.train_again

    def otherwise(*arguments: Any, **options: Any) -> pl.DataFrame:
        rows = trained(*arguments, **options)
        return rows.with_columns(intercept=pl.col("intercept") * (1 + 1e-6))

    monkeypatch.setattr("modelfleet.stores.reproduction.train_again", otherwise)
    done = typed(project, "replay", before, "--sensor", "worse-00")
    assert done.exit_code == 1
    assert "1.0e-06" in done.stdout
