"""The page on the engine, executed: configurations are valid, the example runs the fleet."""

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.config import OmegaConfigLoader

from modelfleet.domain.parameters.check import check_parameters
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.engine import Engine, map_shards, mapping
from modelfleet.settings import CONFIG_LOADER_ARGS
from modelfleet.stores.workspace import ObjectWorkspace
from tests.fleet.engine.tasks import MANY, MANY_SOURCE, SumTask
from tests.project import ROOT, Project

PAGE = (ROOT / "docs" / "engine.md").read_text()
FILES = re.findall(r"^```yaml\n# conf/local/(\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def configuration(project: Project) -> OmegaConfigLoader:
    """As ``kedro run`` reads it."""
    return OmegaConfigLoader(str(project.path / "conf"), env="local", **CONFIG_LOADER_ARGS)


def test_every_backend_has_its_section() -> None:
    """The blocks below are all that there are."""
    sections = [yaml.safe_load(text)["engine"] for name, text in FILES if name == "parameters.yml"]
    assert [section["backend"] for section in sections] == ["loky", "dask", "ray"]
    assert {name for name, _ in FILES} == {"parameters.yml", "globals.yml", "catalog.yml"}
    assert PAGE.count("```yaml") == len(FILES)


@pytest.mark.parametrize(("name", "text"), FILES, ids=range(len(FILES)))
def test_each_configuration_is_valid(name: str, text: str, fresh: Project) -> None:
    """Laid over what is shipped."""
    (fresh.path / "conf" / "local" / name).write_text(text)
    loader = configuration(fresh)
    check_parameters(loader["parameters"])
    catalog = loader["catalog"]
    places = [catalog[entry]["filepath"] for entry in ("readings", "workspace", "ingestion_store")]
    shared = name == "globals.yml"
    assert all(place.startswith("s3://plant/fleet/") == shared for place in places)
    assert catalog["candidates"].get("keep", 5) == (20 if name == "catalog.yml" else 5)
    assert catalog["candidates"]["path"] == catalog["workspace"]["filepath"]


def test_the_example_is_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives the result of the others."""
    known: dict[str, Any] = {}
    exec(compile(EXAMPLE, "docs/engine.md", "exec"), known)
    engine: Engine = known["ThreadEngine"]()
    task = SumTask(MANY, str(tmp_path / "marks"))
    parameters = EngineParameters(backend="sequential", sensors_per_task=5)

    def run(folder: str) -> tuple[str, ...]:
        workspace = ObjectWorkspace(str(tmp_path / folder))
        return map_shards(task, source=MANY_SOURCE, workspace=workspace, engine=parameters).files

    expected = run("here")
    monkeypatch.setattr(mapping, "open_engine", lambda _: nullcontext(engine))
    assert run("threads") == expected
