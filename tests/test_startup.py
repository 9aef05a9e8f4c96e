"""What a process loads before it works: nothing heavy that its stages do not need."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import make_project

HEAVY = (
    *("dask", "distributed", "great_expectations", "lightgbm"),
    *("matplotlib", "psycopg", "ray", "scipy.optimize", "scipy.stats", "skops", "sklearn"),
)

pytestmark = pytest.mark.xdist_group("startup")

RUN = """
import runpy, sys

sys.argv = ["kedro", "run", "--pipelines", sys.argv[1]]
try:
    runpy.run_module("kedro", run_name="__main__", alter_sys=True)
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *sys.modules)
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Modules of a process after ``kedro run --pipelines ingestion``."""
    folder = make_project(tmp_path_factory.mktemp("startup")).path
    command = [sys.executable, "-c", RUN, "ingestion"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("loaded:"))
    return frozenset(line.split()[1:])


@pytest.mark.parametrize("module", HEAVY)
def test_ingestion_loads_nothing_that_only_other_stages_need(
    loaded: frozenset[str], module: str
) -> None:
    """Each of these takes from a tenth of a second to five seconds."""
    assert module not in loaded


def test_what_ingestion_needs_is_loaded(loaded: frozenset[str]) -> None:
    """Else the list above would pass whatever happens."""
    assert {"mlflow", "modelfleet.pipelines.ingestion.nodes", "polars"} <= loaded


def test_looking_for_rubbish_waits(tmp_path: Path) -> None:
    """Half a million objects of libraries are not searched again and again, nor at the end."""
    ask = (
        "import gc; import modelfleet.settings; import atexit; print(gc.get_threshold()[0]); "
        "atexit._run_exitfuncs(); print(gc.get_freeze_count())"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    threshold, frozen = map(int, done.stdout.split()[-2:])
    assert threshold > 10_000
    assert frozen > 10_000
