"""Fixtures that more than one part of the tests asks for."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bad_inputs.summary import summarise
from tests.project import Project, make_project

os.environ.update(
    DO_NOT_TRACK="1",
    KEDRO_DISABLE_TELEMETRY="1",
    MLFLOW_DISABLE_TELEMETRY="true",
    GX_ANALYTICS_ENABLED="false",
)
os.environ.pop("GITHUB_STEP_SUMMARY", None)  # runs of tests are nothing to show beside a job


@dataclass(frozen=True)
class Finished:
    """A project after a run in a process of its own, as a person would run it."""

    project: Project
    stdout: str
    stderr: str


def kedro(
    project: Project, *arguments: str, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a Kedro command inside the project, with no terminal attached."""
    return subprocess.run(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Project:
    """A project that the first process to need it makes, for all processes of the test run."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    ready = folder.with_name(f"{name}.ready")
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            ready.touch()
    return Project(folder)


@pytest.fixture(scope="session")
def ltown(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The whole default fleet, run once."""
    project = make_project(tmp_path_factory.mktemp("ltown") / "project", sensors=None)
    done = kedro(project, "run")
    assert done.returncode == 0, done.stderr[-5000:]
    return Finished(project, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A dozen sensors, run once; tests read it and do not change it."""
    return made_once(tmp_path_factory, "few", _run_apart)


def _run_apart(folder: Path) -> None:
    """Run in a process of its own: MLflow would show runs of other tests in the same database.

    It keeps one connection per address in a process, and ours is relative to the project.
    """
    done = kedro(make_project(folder), "run")
    assert done.returncode == 0, done.stderr[-5000:]


@pytest.fixture
def ran(few: Project, tmp_path: Path) -> Project:
    """A dozen sensors after a run, for a test that changes something and runs again."""
    tracked = shutil.ignore_patterns("mlflow")  # runs of other tests may be writing there
    return Project(shutil.copytree(few.path, tmp_path / "project", ignore=tracked))


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A dozen sensors, not run yet."""
    return make_project(tmp_path / "project")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with what bad inputs got: in a line, or in a table where they were asked for."""
    asked = terminalreporter.config.invocation_params.args
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.getreports(kind)]
    for line in summarise(reports, whole=any("bad_inputs" in argument for argument in asked)):
        terminalreporter.write_line(line)
