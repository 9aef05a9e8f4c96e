"""Files of the project that are easily broken without anybody noticing."""

import re
import tomllib

import pytest

from tests.project import ROOT

PINS = (ROOT / "constraints.txt").read_text().splitlines()


def test_telemetry_is_off_and_leaves_no_id() -> None:
    """Kedro's telemetry is opt-out, and writes an id into pyproject.toml where nobody opted out."""
    assert (ROOT / ".telemetry").read_text().strip() == "consent: false"
    assert "kedro_telemetry" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]


def test_constraints_hold_names_and_versions_only() -> None:
    """No hash, no address, nothing that ties the project to one package index."""
    pin = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[^ ;]+( ; .+)?$")
    assert PINS
    for line in PINS:
        assert pin.match(line), line


def test_every_dependency_is_pinned() -> None:
    """What pyproject.toml asks for, constraints.txt fixes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(name for extra in extras for name in extra)]
    pinned = {re.split(r"[=\[]", line)[0].lower() for line in PINS}
    for requirement in asked:
        name = re.split(r"[<>=~\[; ]", requirement)[0].lower()
        assert name in pinned, name


TARGETS = ["help", "run", "test", "lint", "types", "floors", "viz", "bench", "lock", "clean"]


@pytest.mark.parametrize("target", TARGETS)
def test_the_task_runner_has_its_targets(target: str) -> None:
    """Each with a line of help."""
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
