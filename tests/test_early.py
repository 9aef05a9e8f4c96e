"""What a whole run needs late is loaded from its first moment on."""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from modelfleet import __main__, early
from modelfleet.fleet import aside
from tests.project import ROOT, inside


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a process was started for."""
    found: list[str] = []
    monkeypatch.setattr(aside, "prepare", lambda modules, **_: found.extend(modules))
    return found


@pytest.fixture(autouse=True)
def _at_home() -> Iterator[None]:
    with inside(ROOT):
        yield


@pytest.mark.parametrize(
    "arguments",
    [
        "run",
        "run --env test",
        "run --pipelines __default__",
        "run -p __default__ --params gate.margin=0.1",
        "run --runner=SequentialRunner",
    ],
)
def test_a_whole_run_loads_all_at_once(arguments: str, loaded: list[str]) -> None:
    """In the order in which it is asked for."""
    early.begin(arguments.split())
    assert loaded == [aside.GREAT_EXPECTATIONS, aside.SCIKIT_LEARN, aside.MATPLOTLIB]


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "viz run",
        "run --help",
        "run --pipelines training",
        "run --from-nodes promotion.summarise",
        "run --namespaces ingestion",
        "run --only-missing-outputs",
    ],
)
def test_anything_else_loads_nothing_yet(arguments: str, loaded: list[str]) -> None:
    """The stages tell later what they need."""
    early.begin(arguments.split())
    assert loaded == []


@pytest.mark.parametrize(
    "project", ["", '[tool.kedro]\npackage_name = "other"\n', "[tool.kedro] ?"]
)
def test_another_project_loads_nothing(project: str, loaded: list[str], tmp_path: Path) -> None:
    """Kedro asks whatever is installed."""
    (tmp_path / "pyproject.toml").write_text(project)
    with inside(tmp_path):
        early.begin(["run"])
    assert loaded == []


def test_kedro_asks_before_it_loads_anything(
    loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its entry point, without arguments: those of the process count."""
    (point,) = entry_points(group="kedro.init", name="fleet")
    monkeypatch.setattr(sys, "argv", ["kedro", "run"])
    point.load()()
    assert loaded


def test_the_package_as_a_module_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m modelfleet`` is ``kedro run``."""
    begun: list[Any] = []
    monkeypatch.setattr(early, "begin", begun.append)
    monkeypatch.setattr(__main__, "configure_project", lambda _: None)
    monkeypatch.setattr(__main__, "find_run_command", lambda _: lambda options: None)
    __main__.main(["--env", "test"])
    assert begun == [["run", "--env", "test"]]


@pytest.mark.parametrize("module", early.ASKING)
def test_what_else_is_loaded_is_there(module: str) -> None:
    """The process says nothing where it finds none of that name."""
    assert import_module(module)
