"""Validation that is killed: what is there can be read, and the next run's tables are the same."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from modelfleet.reporting.quality import QualityHistory
from tests.faults import KILLS, kill_at_random
from tests.project import Project, inside, make_project

pytestmark = pytest.mark.xdist_group("validation")

TABLES = ("profiles", "admissions")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small fleet whose readings are there."""
    project = make_project(tmp_path_factory.mktemp("validation") / "project")
    project.run(pipelines=["ingestion"])
    return project


def validate(folder: Path) -> None:
    """The stage in this process, without a session's start-up and Great Expectations' import."""
    from kedro.config import OmegaConfigLoader
    from kedro.io import DataCatalog, MemoryDataset
    from kedro.runner import SequentialRunner

    from modelfleet.domain.parameters.fleet import EngineParameters, FleetParameters
    from modelfleet.domain.parameters.validation import ValidationParameters
    from modelfleet.pipelines.validation import create_pipeline
    from modelfleet.settings import CONFIG_LOADER_ARGS

    with inside(folder):
        loader = OmegaConfigLoader("conf", env="local", **CONFIG_LOADER_ARGS)
        parameters = loader["parameters"]
        catalog = DataCatalog.from_config(
            {name: _unwrapped(entry) for name, entry in loader["catalog"].items()}
        )
        chosen = {**parameters["validation"], "expectations": ()}
        catalog["params:validation"] = MemoryDataset(ValidationParameters.model_validate(chosen))
        engine = {**parameters["engine"], "backend": "sequential"}
        catalog["params:engine"] = MemoryDataset(EngineParameters.model_validate(engine))
        catalog["params:fleet"] = MemoryDataset(FleetParameters(**parameters["fleet"]))
        SequentialRunner().run(create_pipeline(), catalog)


def _unwrapped(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry without MLflow around it."""
    inner: dict[str, Any] = entry.get("dataset", entry)
    return inner


def outcome(project: Path) -> list[Any]:
    """What the stage made."""
    folder = project / "data" / "04_feature"
    tables = [pd.read_parquet(folder / f"{name}.parquet").to_csv() for name in TABLES]
    return [*tables, (folder / "measurements.json").read_text()]


def assert_readable(project: Path) -> None:
    """Every table that is there is whole; temporary files are hidden."""
    for file in (project / "data").rglob("*.parquet"):
        if not file.name.startswith("."):
            pl.read_parquet(file, hive_partitioning=False)
    history = project / "data" / "08_reporting" / "quality_history.json"
    if history.exists():
        QualityHistory.from_json(history.read_bytes())


def test_a_killed_validation_leaves_whole_tables_and_the_next_run_completes_it(
    tmp_path: Path, ingested: Project
) -> None:
    """SIGKILL at random moments."""
    unbroken = tmp_path / "unbroken"
    shutil.copytree(ingested.path, unbroken)
    validate(unbroken)
    interrupted = 0
    for kill in range(KILLS):
        folder = tmp_path / f"kill-{kill}"
        shutil.copytree(ingested.path, folder)
        interrupted += kill_at_random(validate, folder, within=1.0, seed=kill)
        assert_readable(folder)
        validate(folder)
        assert outcome(folder) == outcome(unbroken)
        shutil.rmtree(folder)
    assert interrupted >= KILLS // 4
