"""Where the fleet is computed, and what dies meanwhile, does not show in what comes out."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from tests.clusters import DaskCluster, start_cluster
from tests.project import ROOT, Project
from tests.servers import S3Server

pytestmark = pytest.mark.xdist_group("clusters")

FROM_TRAINING = ["training", "evaluation", "promotion"]


def rid(project: Project) -> str:
    """The one release."""
    (only,) = project.load("release").rids()
    return str(only)


def newest(project: Project) -> str:
    """The release of the last run."""
    return str(project.load("release_card")["rid"])


def recipe(estimator: str, **assigned: Any) -> dict[str, Any]:
    """A recipe with an estimator of these tests."""
    spec = {
        "features": {"lags": [24]},
        "estimator": {"class": f"tests.estimators.{estimator}", "standardise": False},
    }
    return {
        "allowed_packages": ["sklearn", "tests"],
        "recipes": {"own": spec},
        "assign": assigned,
    }


def test_a_cluster_gives_the_release_of_one_machine(
    few: Project, fresh: Project, dask_cluster: DaskCluster
) -> None:
    """Every model, verdict and version is the same, so the release has the same name."""
    fresh.configure({"engine": {"backend": "dask", "address": dask_cluster.address}})
    fresh.run()
    assert fresh.candidates().equals(few.candidates())
    assert rid(fresh) == rid(few)


def test_workers_read_and_write_a_bucket_by_themselves(
    few: Project,
    fresh: Project,
    s3_server: S3Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With shared storage on S3 no reading and no model passes through the driver's disk."""
    for name, value in s3_server.options.items():
        monkeypatch.setenv(name.upper(), value)
    s3_server.put("shared", "made", b"")
    place = {"storage": {"shared": f"s3://shared/{tmp_path.name}"}}
    (fresh.path / "conf" / "local" / "globals.yml").write_text(yaml.safe_dump(place))
    with start_cluster(tmp_path, "--nworkers", "2") as cluster:
        fresh.configure({"engine": {"backend": "dask", "address": cluster.address}})
        fresh.run()
    assert rid(fresh) == rid(few)
    assert not (fresh.data / "04_feature" / "workspace").exists()
    assert not (fresh.data / "03_primary" / "readings").exists()


def test_a_recipe_that_kills_its_worker_fails_its_sensor_only(
    few: Project, ran: Project, tmp_path: Path, dask_cluster: DaskCluster
) -> None:
    """Processes here or on a cluster: the same sensor, the same ledger, the same release."""
    other = Project(shutil.copytree(ran.path, tmp_path / "cluster"))
    training = recipe("Deadly", sensors={"P_n679": "own"})
    ran.configure({"training": training, "engine": {"backend": "loky", "workers": 2}})
    ran.run(pipelines=FROM_TRAINING)
    other.configure(
        {"training": training, "engine": {"backend": "dask", "address": dask_cluster.address}}
    )
    other.run(pipelines=FROM_TRAINING)
    assert newest(other) == newest(ran) != rid(few)
    assert other.candidates().equals(ran.candidates())

    others = pl.col("sensor_id") != "P_n679"
    assert ran.candidates().filter(others).equals(few.candidates().filter(others))
    row = ran.ledger().row(by_predicate=~others, named=True)
    assert row["outcome"] == "failed"
    assert row["reasons"] == "training_failed; worker_died"


def test_a_run_that_is_killed_goes_on_where_it_was(ran: Project, tmp_path: Path) -> None:
    """``kill -9`` in the middle of training: what was finished is not computed again."""
    slow = {
        "training": recipe("Slow", default="own"),
        "engine": {"workers": 2, "sensors_per_task": 1},
    }
    whole = Project(shutil.copytree(ran.path, tmp_path / "whole"))
    for project in (whole, ran):
        shutil.rmtree(project.data / "04_feature" / "workspace" / "candidates")
        project.configure(slow)
    whole.run(pipelines=["training"])

    before = killed_in_the_middle(ran)
    ran.run(pipelines=["training"])
    after = results(ran)
    assert 0 < len(before) < len(after)
    assert before.items() <= after.items()
    assert after.keys() == results(whole).keys()
    assert ran.candidates().equals(whole.candidates())


def killed_in_the_middle(project: Project) -> dict[str, int]:
    """Run, kill all processes of the run during training, and tell what is left."""
    run = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--pipelines", "training"],
        cwd=project.path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while len(results(project)) < 3:
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    return results(project)


def results(project: Project) -> dict[str, int]:
    """Candidates that lie in the workspace, and when each was written."""
    files = (project.data / "04_feature" / "workspace" / "candidates").glob("*.parquet")
    return {file.name: file.stat().st_mtime_ns for file in files}
