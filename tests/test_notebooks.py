"""Notebooks run from top to bottom after a run, and are stored without outputs."""

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.project import ROOT, Project

TOUR = ROOT / "notebooks" / "01_tour.ipynb"
FORECASTS = ROOT / "notebooks" / "02_forecasts.ipynb"


def cells(notebook: Any) -> list[Any]:
    """The cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: Any) -> str:
    """Everything that the cells print or show as text."""
    shown = [output for cell in cells(notebook) for output in cell.outputs]
    return "\n".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in shown)


def execute(notebook: Path, folder: Path) -> Any:
    """A notebook, executed in a project whose pipelines were run."""
    (folder / "notebooks").mkdir(exist_ok=True)
    client = NotebookClient(
        nbformat.read(notebook, as_version=4),
        timeout=60,
        resources={"metadata": {"path": str(folder / "notebooks")}},
    )
    return client.execute()


def copied(few: Project, folder: Path) -> Project:
    """A copy of a project after its run."""
    return Project(shutil.copytree(few.path, folder, ignore=shutil.ignore_patterns("mlflow")))


@pytest.fixture(scope="module")
def tour(few: Project, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The first notebook."""
    return execute(TOUR, copied(few, tmp_path_factory.mktemp("tour") / "project").path)


@pytest.fixture(scope="module")
def forecasts(few: Project, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The second one, after forecasts were made."""
    project = copied(few, tmp_path_factory.mktemp("forecasts") / "project")
    project.run(pipelines=["inference"])
    return execute(FORECASTS, project.path)


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=str)
def test_notebooks_store_no_outputs(notebook: Path) -> None:
    """A diff of a notebook shows what somebody wrote, not what a machine printed."""
    stored = cells(nbformat.read(notebook, as_version=4))
    assert all(cell.outputs == [] and cell.execution_count is None for cell in stored)


@pytest.mark.xdist_group("kedro_run")
def test_the_tour_shows_a_sensor_and_its_verdict(tour: Any) -> None:
    """A reader sees an accepted sensor with its sentence, and its forecast as a picture."""
    shown = texts(tour)
    assert "accepted: True" in shown
    assert "less error than the baseline" in shown
    assert "not_better_than_baseline" in shown
    kinds = {kind for cell in cells(tour) for o in cell.outputs for kind in o.get("data", {})}
    assert "image/png" in kinds


@pytest.mark.xdist_group("kedro_run")
def test_the_tour_shows_a_quarantined_sensor_and_the_release(tour: Any, few: Project) -> None:
    """A reader sees why a sensor is quarantined, and the release that the run made live."""
    shown = texts(tour)
    first = few.ledger().filter(outcome="quarantined").row(0, named=True)
    assert f"{first['sensor_id']} · {first['reasons'].partition(';')[0]}" in shown
    assert few.load("run_summary")["release"] in shown


@pytest.mark.xdist_group("kedro_run")
def test_the_second_notebook_shows_forecasts_and_where_they_come_from(forecasts: Any) -> None:
    """A reader sees sources and reasons, one forecast as a picture with its story, and SQL."""
    shown = texts(forecasts)
    assert "2019-01-01 00:00 UTC, 12 sensors" in shown
    assert '"state": "appended"' in shown
    assert "share on backup: 58.7 %" in shown
    assert "not_better_than_baseline" in shown
    assert "trained_to" in shown
    assert "peak" in shown
    kinds = {kind for cell in cells(forecasts) for o in cell.outputs for kind in o.get("data", {})}
    assert "image/png" in kinds
