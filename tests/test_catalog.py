"""The YAML keeps its promises: every asset is used, layered and described; environments build."""

import inspect
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from kedro.pipeline import Pipeline
from pydantic import BaseModel

from modelfleet.domain.approvals import Owners
from modelfleet.domain.parameters.check import SECTIONS, check_parameters
from modelfleet.pipeline_registry import register_pipelines
from modelfleet.stores.allowed_signers import read_allowed_signers
from modelfleet.stores.environments import FleetConfigLoader, config_loader
from tests.project import ROOT, inside

ENVIRONMENTS = ("local", "test", "production", "bwdf")
LAYERS = (
    "raw", "intermediate", "primary", "feature", "models", "model_output", "reporting", "release",
)  # fmt: skip
PARAMETER_FILES = sorted(
    file for name in ("parameters", "owners") for file in (ROOT / "conf").glob(f"*/{name}*.yml")
)


@cache
def loader(env: str) -> FleetConfigLoader:
    """The configuration of an environment, as ``kedro run`` reads it."""
    return config_loader(ROOT / "conf", env)


@cache
def whole() -> Pipeline:
    """All stages, those of the default run and those by themselves."""
    return sum(register_pipelines().values(), Pipeline([]))


def is_parameter(name: str) -> bool:
    """Whether a node's input is configuration."""
    return name == "parameters" or name.startswith("params:")


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_catalog_entry_is_used_and_every_asset_is_in_the_catalog(env: str) -> None:
    """No dead entries, and nothing is an unnamed memory dataset."""
    used = {name for name in whole().datasets() if not is_parameter(name)}
    assert set(loader(env)["catalog"]) == used


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_entry_has_a_layer_and_a_description(env: str) -> None:
    """Kedro-Viz shows where an asset belongs and what it is."""
    for name, entry in loader(env)["catalog"].items():
        metadata = entry["metadata"]
        assert metadata["kedro-viz"]["layer"] in LAYERS, name
        assert metadata["description"].endswith("."), name
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name), name


WITHOUT_VALIDATOR = {
    "raw_readings": "a source of batches; its files are checked when they are opened",
    "ingestion_store": "hands out a store, no data",
    "run_info": "is made anew in each run",
}
DELIVERED = ("raw", "intermediate", "primary")


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_what_is_delivered_and_what_is_made_of_it_has_a_validator(env: str) -> None:
    """Every door up to the tables that all stages read is watched; the exceptions have reasons."""
    entries = loader(env)["catalog"]
    early = {n for n, e in entries.items() if e["metadata"]["kedro-viz"]["layer"] in DELIVERED}
    watched = {name for name, entry in entries.items() if "validator" in entry}
    assert early - watched == WITHOUT_VALIDATOR.keys()
    for name in watched:
        validator = entries[name]["validator"]
        assert validator["class"].startswith("modelfleet.stores.validators."), name
        assert validator["options"]["remedy"], name


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_validator_can_be_made(env: str, tmp_path: Path) -> None:
    """Kedro makes a validator when its asset is first asked for; here all of them are."""
    from kedro.io import DataCatalog
    from kedro.validation.core import resolve_validator

    with inside(tmp_path):
        catalog = DataCatalog.from_config(loader(env)["catalog"], save_version="x")
    assert catalog.validator_specs
    for spec in catalog.validator_specs.values():
        assert callable(resolve_validator(spec).validate)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_environment_builds_its_catalog(env: str, tmp_path: Path) -> None:
    """Each entry can be made, in every environment."""
    from kedro.io import DataCatalog

    entries = loader(env)["catalog"]
    with inside(tmp_path):
        catalog = DataCatalog.from_config(entries, save_version="x")
        for name in entries:
            assert catalog.get(name) is not None
    assert not list(tmp_path.rglob("*")), "making a dataset writes nothing"


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_environment_has_a_valid_configuration(env: str) -> None:
    """What is committed passes the check that runs before every run."""
    check_parameters(loader(env)["parameters"])


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_only_production_needs_two_people(env: str) -> None:
    """Who approves stands in owners.yml, which is no parameter and which the catalog hands on."""
    configuration = loader(env)
    owners = Owners.model_validate(configuration["owners"])
    assert owners.policies.default == ("four_eyes" if env == "production" else "automatic")
    assert owners.owners_of("any", at=datetime.now(UTC)), "somebody owns every cohort"
    governed = {n: e for n, e in configuration["catalog"].items() if "governance" in e}
    assert set(governed) == {
        *("approvals", "champions", "channel", "live_releases", "registered_release")
    }
    for entry in governed.values():
        assert Owners.model_validate(entry["governance"]["owners"]) == owners
        assert entry["governance"]["environment"] == env if env != "bwdf" else True
    assert read_allowed_signers(ROOT / owners.allowed_signers) == {}, "keys are the team's own"


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_environments_write_below_their_own_root(env: str) -> None:
    """No two environments share what they write; raw data are below no root."""
    configuration = loader(env)
    storage = configuration["globals"]["storage"]
    expected = "data" if env == "local" else f"data/{env}"
    assert storage["root"] == expected
    for name, entry in configuration["catalog"].items():
        path = entry.get("dataset", entry).get("filepath", "")
        if path and not name.startswith("raw_"):
            assert path.startswith(f"{expected}/"), name
            assert "01_raw" not in path, name


def test_layers_follow_each_other() -> None:
    """No asset is made from a later layer: Kedro-Viz draws no layers where they run in a circle."""
    entries = loader("local")["catalog"]

    def layer(name: str) -> int:
        return LAYERS.index(entries[name]["metadata"]["kedro-viz"]["layer"])

    for node in whole().nodes:
        sources = [name for name in node.inputs if not is_parameter(name)]
        for target in node.outputs:
            late = [name for name in sources if layer(name) > layer(target)]
            assert not late, (node.name, target, late)


def test_every_parameter_arrives_typed() -> None:
    """Kedro validates parameters by annotation; a missing one would pass raw dicts."""
    seen = set()
    for node in whole().nodes:
        hints = get_type_hints(node.func)
        names = list(inspect.signature(node.func).parameters)
        for asset, name in zip(node.inputs, names, strict=True):
            if is_parameter(asset):
                kind = hints[name]
                assert isinstance(kind, type), (node.name, name)
                assert issubclass(kind, BaseModel), (node.name, name)
                assert SECTIONS[asset.removeprefix("params:")] is kind
                seen.add(asset.removeprefix("params:"))
    assert seen == set(SECTIONS)


@pytest.mark.parametrize(
    "file", PARAMETER_FILES, ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_every_value_says_what_it_does(file: Path) -> None:
    """A person who edits a value reads beside it what it means and in which unit."""
    lines = file.read_text().splitlines()
    assert lines[0].startswith("# ")
    for line in lines:
        value = line.partition("#")[0].strip()
        if file.name == "parameters_events.yml" and value.startswith("calendar:"):
            break  # the head of the file explains what an entry says
        opens_a_block = value.endswith(":") or value.startswith("- table")
        continues_an_expectation = value.partition(":")[0] in {
            "arguments", "consequence", "reason", "type",
        } and "expect" in file.read_text()  # fmt: skip
        if value and not opens_a_block and not continues_an_expectation:
            assert "# " in line, line


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_no_key_is_written_twice(env: str) -> None:
    """YAML silently takes the last of two equal keys; here there are none."""

    class Strict(yaml.SafeLoader):
        pass

    def mapping(yaml_loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [yaml_loader.construct_object(key) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{node.start_mark}: {keys}"
        return dict(yaml.SafeLoader.construct_mapping(yaml_loader, node, deep=True))

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    for file in (ROOT / "conf" / env).glob("*.yml"):
        yaml.load(file.read_text(), Strict)


def test_stages_are_collapsible_groups() -> None:
    """A namespace each, so that Kedro-Viz shows boxes; every node has a name."""
    default = ["ingestion", "validation", "baseline", "training", "evaluation", "promotion"]
    stages = [*default, "inference"]
    assert {node.namespace for node in whole().nodes} == set(stages)
    registered = register_pipelines()
    assert {node.namespace for node in registered["__default__"].nodes} == set(default)
    assert set(registered) == {*stages, "__default__", "after_ingestion"}
    later = {node.namespace for node in registered["after_ingestion"].nodes}
    assert later == {*default[1:]}
    for stage in stages:
        assert {node.namespace for node in registered[stage].nodes} == {stage}
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", node.name) for node in whole().nodes)


def test_nodes_are_short() -> None:
    """A node unpacks, makes one call and names its outputs: no loops over sensors, no try."""
    for node in whole().nodes:
        source = inspect.getsource(node.func)
        body = source.partition('"""')[2].partition('"""')[2]
        statements = [line for line in body.splitlines() if line.strip()]
        assert len(statements) <= 30, node.name
        assert not re.search(r"^\s*(try|while|for)\b", body, re.MULTILINE), node.name
