"""Test beside production: on the same sources, or on production's tables and champions."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
import pytest
import yaml

from tests.conftest import kedro
from tests.project import Project, make_project
from tests.servers import S3Server
from tests.stores.environments.trees import tree

pytestmark = pytest.mark.xdist_group("environments")

BUCKET, PREFIX = "fleet", "environments/production"


@dataclass(frozen=True)
class Beside:
    """A project whose production ran, with its readings and workspace in a bucket."""

    project: Project
    server: S3Server

    def state(self) -> dict[str, Any]:
        """All that production has: files, database and bucket."""
        listed = obstore.list(self.server.store(BUCKET), "environments")
        objects = {each["path"]: each for batch in listed for each in batch}
        assert objects, "the bucket is in use"
        return {**tree(self.project.data / "production"), **objects}

    def run(self, env: str) -> str:
        """``kedro run`` in a process of its own; what it logs."""
        done = kedro(self.project, "run", "--env", env, timeout=900)
        assert done.returncode == 0, done.stderr[-5000:]
        return done.stderr

    def release(self, env: str) -> str:
        """Name of the release that the last run made."""
        summary: dict[str, str] = self.project.load("run_summary", env=env)
        return summary["release"]

    def anew(self, **taken: str) -> None:
        """Test without anything it made, and what it takes from others."""
        shutil.rmtree(self.project.data / "test", ignore_errors=True)
        file = self.project.path / "conf" / "test" / "globals.yml"
        written = yaml.safe_load(file.read_text())
        file.write_text(yaml.safe_dump({**written, "taken_from": taken}))


@pytest.fixture(scope="module")
def beside(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """Production after its first run."""
    project = make_project(tmp_path_factory.mktemp("beside") / "project")
    file = project.path / "conf" / "production" / "globals.yml"
    storage = {"root": "data/production", "shared": f"s3://{BUCKET}/{PREFIX}"}
    file.write_text(yaml.safe_dump({"environment": "production", "storage": storage}))
    s3_server.put(BUCKET, "made", b"")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_server.options.items():
            patch.setenv(name.upper(), value)
        found = Beside(project, s3_server)
        found.run("production")
        yield found


def files(folder: Path) -> set[str]:
    """First folders below a folder, without those that hold nothing."""
    return {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}


def test_on_the_same_sources_test_makes_the_same_release_and_leaves_production_alone(
    beside: Beside,
) -> None:
    """Everything of its own, from tables to MLflow; of production not one byte or time moves."""
    beside.anew()
    before = beside.state()
    said = beside.run("test")
    assert beside.state() == before
    assert "ingestion.ingest_rows" in said
    assert beside.release("test") == beside.release("production")
    assert files(beside.project.data) == {"01_raw", "production", "test"}
    assert {"03_primary", "04_feature", "mlflow", "releases", "channels"} <= files(
        beside.project.data / "test"
    )
    live = beside.project.load("channel", env="test").live()
    assert set(live.values()) == {beside.release("test")}
    assert "channels" not in files(beside.project.data / "production"), "people decide there"


def test_on_production_s_tables_it_ingests_nothing_and_makes_the_same_release(
    beside: Beside,
) -> None:
    """Readings come from production's bucket, sensors and events from its folder; stages follow."""
    beside.anew(tables="production", champions="production")
    before = beside.state()
    said = beside.run("test")
    assert beside.state() == before
    assert "ingestion is left out: the tables of production are taken as they are" in said
    assert "ingestion.ingest_rows" not in said
    assert beside.release("test") == beside.release("production")
    made = files(beside.project.data / "test")
    assert not {"02_intermediate", "03_primary"} & made
    assert {"04_feature", "mlflow", "releases", "channels"} <= made
    readings = beside.project.load("readings", env="test")
    assert readings.path == f"s3://{BUCKET}/{PREFIX}/03_primary/readings"
