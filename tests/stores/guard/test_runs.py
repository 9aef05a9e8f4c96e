"""A run, a notebook and MLflow: refused before any work, and no trace of it anywhere."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest
import yaml

from modelfleet.hooks import ProtectedRunError
from tests.project import Project
from tests.stores.guard.nodes import made
from tests.stores.guard.world import state_of

INTO_PRODUCTION = {
    "sensor_notes": {
        "type": "modelfleet.stores.tables.ParquetTableDataset",
        "filepath": "data/test/../production/03_primary/sensor_notes.parquet",
        "metadata": {"kedro-viz": {"layer": "primary"}, "description": "In the wrong place."},
    },
    "workspace": {
        "type": "modelfleet.stores.workspace.WorkspaceDataset",
        "filepath": "data/production/04_feature/workspace",
        "metadata": {"kedro-viz": {"layer": "feature"}, "description": "In the wrong place."},
    },
}


@pytest.fixture
def astray(fresh: Project) -> Project:
    """A project whose test environment was configured to write into production, which is there."""
    (fresh.path / "conf/test/catalog.yml").write_text(yaml.safe_dump(INTO_PRODUCTION))
    (fresh.data / "production/03_primary").mkdir(parents=True)
    made().to_parquet(fresh.data / "production/03_primary/sensor_notes.parquet")
    return fresh


def test_a_run_is_refused_before_any_work(astray: Project) -> None:
    """The message names assets, places and remedy; MLflow knows of no run; exit code 4."""
    production = state_of(astray.data / "production")
    with pytest.raises(ProtectedRunError) as caught:
        astray.run(env="test")
    assert caught.value.exit_code == 4
    text = caught.value.format_message()
    for part in (
        "this run of 'test' would write what belongs to the environment 'production'",
        "'sensor_notes (",
        "data/test/../production/03_primary/sensor_notes.parquet)'",
        "'workspace (",
        "conf/test/globals.yml",
        "`--env production`",
    ):
        assert part in text
    assert state_of(astray.data / "production") == production
    assert {each.name for each in (astray.data / "test").iterdir()} == {"mlflow"}
    with closing(sqlite3.connect(astray.data / "test/mlflow/mlflow.db")) as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (0,)


@pytest.mark.parametrize(
    "section",
    [
        {"server": {"mlflow_tracking_uri": "sqlite:///data/test/../production/mlflow/mlflow.db"}},
        {"server": {"mlflow_registry_uri": "sqlite:///data/production/registry.db"}},
        {
            "tracking": {
                "experiment": {
                    "create_experiment_kwargs": {"artifact_location": "data/production/mlflow/a"}
                }
            }
        },
    ],
    ids=["tracking", "registry", "artifacts"],
)
def test_tracking_in_production_is_refused_before_an_experiment_is_made(
    fresh: Project, section: dict[str, Any]
) -> None:
    """Already to open it would write; the message names the key."""
    (fresh.path / "conf/test/mlflow.yml").write_text(yaml.safe_dump(section))
    before = state_of(fresh.data)
    with pytest.raises(ProtectedRunError, match=r"mlflow.yml of 'test': .*belongs to") as caught:
        fresh.run(env="test")
    assert caught.value.exit_code == 4
    assert "conf/test/mlflow.yml" in str(caught.value)
    assert state_of(fresh.data) == before


def test_tracking_by_the_machine_s_environment_is_refused_too(
    fresh: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where mlflow.yml leaves it open, MLflow asks the environment."""
    file = fresh.path / "conf/base/mlflow.yml"
    file.write_text("server: {mlflow_tracking_uri: null}\n")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///data/production/mlflow/mlflow.db")
    with pytest.raises(ProtectedRunError, match=r"mlflow_tracking_uri is sqlite:///data/prod"):
        fresh.run(env="test")


NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "kedro.ipython")
shell.run_line_magic("reload_kedro", "--env=test")
catalog = shell.user_ns["catalog"]
notes = catalog.load("sensor_notes")
print(len(notes))
for write in (
    lambda: catalog.save("sensor_notes", notes),
    lambda: catalog["sensor_notes"].save(notes),
    lambda: catalog.load("workspace").remove(["a"]),
):
    try:
        write()
        print("written")
    except Exception as error:
        print("refused" if "belongs to the environment 'production'" in str(error) else error)
"""


def test_a_notebook_reads_production_and_cannot_write_it(astray: Project) -> None:
    """``%load_ext kedro.ipython`` brings the catalog that a run has, from the notebooks' folder."""
    (astray.data / "test").mkdir()
    folder = astray.path / "notebooks"
    folder.mkdir()
    before = state_of(astray.data / "production")
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "IPYTHONDIR": str(astray.path / ".ipython")},
    )  # fmt: skip
    assert done.stdout.split() == ["2", "refused", "refused", "refused"], done.stderr[-3000:]
    assert state_of(astray.data / "production") == before
