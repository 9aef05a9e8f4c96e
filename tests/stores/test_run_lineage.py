"""What a run was made of: a document, tags in MLflow, and the pinned versions of then."""

import hashlib
from pathlib import Path

from modelfleet.stores.lock import installed_otherwise, lock_digest
from modelfleet.stores.run_info import RunInfoDataset
from tests.project import ROOT, Project


def test_runs_are_found_by_what_they_were_made_of(few: Project) -> None:
    """In MLflow, by version of the readings, release, code; the whole lineage is an artifact."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{few.path}/data/mlflow/mlflow.db")
    lineage = few.load("run_lineage")
    wanted = {
        "readings_version": lineage["readings"]["version"],
        "readings_table": lineage["readings"]["table_id"],
        "release": few.load("release_card")["rid"],
        "code": lineage["code"],
        "lock": lineage["lock"],
    }
    search = " and ".join(f"tags.{name} = '{value}'" for name, value in wanted.items())
    ids = [each.experiment_id for each in client.search_experiments()]
    (run,) = client.search_runs(ids, search)
    assert run.info.run_id == lineage["run"]["mlflow_run"]
    assert "run_lineage.json" in {each.path for each in client.list_artifacts(run.info.run_id)}


def test_a_lock_is_named_as_anybody_can_check_it(tmp_path: Path) -> None:
    """By the digest that ``sha256sum`` prints; a project may have none."""
    file = ROOT / "constraints.txt"
    assert lock_digest(str(file)) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert lock_digest(None) is lock_digest(str(tmp_path / "constraints.txt")) is None
    assert installed_otherwise(None) == {}


def test_what_is_installed_otherwise_than_locked_is_named(tmp_path: Path) -> None:
    """Pins for other machines, packages that are not installed and comments are no difference."""
    lock = tmp_path / "constraints.txt"
    lock.write_text(
        f"# pinned\npolars=={_version('polars')}\nNumPy==0.1\n"
        "scikit_learn==0.2 ; sys_platform == 'x'\n"
        "no-such-package==1.0\n"
        f"kedro==0.1 ; python_version < '3'\nkedro=={_version('kedro')} ; python_version >= '3'\n"
    )
    assert installed_otherwise(str(lock)) == {
        "numpy": _version("numpy"),
        "scikit-learn": _version("scikit-learn"),
    }


def test_a_run_tells_its_lock_and_what_differs_from_it(tmp_path: Path) -> None:
    """Both are part of what is known about the run; without a lock neither is."""
    lock = tmp_path / "constraints.txt"
    lock.write_text("numpy==0.1\n")
    told = RunInfoDataset(environment="local", lock={"filepath": str(lock)}).load()
    assert told["lock"] == lock_digest(str(lock))
    assert told["not_as_locked"] == f"numpy {_version('numpy')}"
    bare = RunInfoDataset(environment="local").load()
    assert not {"lock", "not_as_locked"} & bare.keys()


def _version(package: str) -> str:
    import importlib.metadata

    return importlib.metadata.version(package)
