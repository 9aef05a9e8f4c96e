"""Who owns what is read from every environment's conf/, whichever one runs."""

import shutil
from pathlib import Path

import pytest
import yaml

from modelfleet.domain.errors import ConfigurationError
from modelfleet.hooks import RefusedConfigurationError
from modelfleet.stores.environments import CONFIG_LOADER_ARGS, FleetConfigLoader, config_loader
from modelfleet.stores.guard import Guard, Owned, guarded_catalog, open_guard
from tests.project import ROOT
from tests.stores.guard.world import World, make_world

MINE = Owned("data/production", "production")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Production declares its root."""
    return make_world(tmp_path / "project")


def guard(world: World, env: str | None) -> Guard:
    return open_guard(config_loader(world.path / "conf", env), world.path)


def test_the_project_protects_production() -> None:
    """Its whole root, from every other environment and from none of its own runs."""
    for env in (None, "test", "bwdf"):
        found = open_guard(config_loader(ROOT / "conf", env), ROOT)
        assert found.owner_of("data/production/releases/a") == MINE
    assert open_guard(config_loader(ROOT / "conf", "production"), ROOT).owned == ()


def test_local_writes_beside_production(world: World) -> None:
    """Its root holds production's; nothing of the project's own catalog is read-only there."""
    loader = config_loader(ROOT / "conf", None)
    catalog = loader["catalog"]
    assert guarded_catalog(catalog, open_guard(loader, ROOT)) == catalog


def test_a_copy_of_production_under_another_name_is_not_production(world: World) -> None:
    """It may not write there, and takes nothing away from the one that it was copied from."""
    shutil.copytree(world.path / "conf/production", world.path / "conf/staging")
    assert guard(world, "staging").owned == (MINE,)
    assert guard(world, "production").owned == ()


def test_other_spellings_of_an_environment_are_others(world: World) -> None:
    """Kedro would read the same folder."""
    assert guard(world, "production/").owned == guard(world, "../conf/production").owned == (MINE,)


def test_every_file_of_globals_counts(world: World) -> None:
    """Also one in a folder, and JSON."""
    folder = world.path / "conf/production/places"
    folder.mkdir()
    (world.path / "conf/production/globals.yml").write_text("environment: production\n")
    (folder / "globals_protected.json").write_text('{"protected": ["s3://plant/x"]}')
    assert guard(world, "test").owned == (Owned("s3://plant/x", "production"),)


def test_parameters_and_other_environments_take_nothing_away(world: World) -> None:
    """Neither ``--params`` nor an empty list in test's own globals."""
    file = world.path / "conf/test/globals.yml"
    file.write_text(yaml.safe_dump({"environment": "test", "protected": [], "storage": {"root": "x"}}))
    loader = FleetConfigLoader(
        str(world.path / "conf"), "test", {"protected": [], "storage": {"root": "y"}}, **CONFIG_LOADER_ARGS
    )
    assert open_guard(loader, world.path).owned == (MINE,)


def test_a_root_that_is_moved_into_production_by_a_parameter_is_seen(world: World) -> None:
    """Locations are looked at after all values were put in."""
    world.declare({"it": {"type": "pandas.CSVDataset", "filepath": "${runtime_params:root}/it.csv"}})
    loader = FleetConfigLoader(
        str(world.path / "conf"), "test", {"root": "data/production"}, **CONFIG_LOADER_ARGS
    )
    found = guarded_catalog(loader["catalog"], open_guard(loader, world.path))
    assert found["it"]["owner"] == "production"


def test_another_folder_of_configuration_does_not_hide_the_project_s(
    world: World, tmp_path: Path
) -> None:
    """``--conf-source`` names one that knows no production."""
    other = tmp_path / "other"
    shutil.copytree(world.path / "conf", other, ignore=shutil.ignore_patterns("production"))
    assert open_guard(config_loader(other, "test"), world.path).owned == (MINE,)


def test_an_archive_of_configuration_is_read(world: World, tmp_path: Path) -> None:
    """As ``kedro package`` leaves it."""
    archive = shutil.make_archive(str(tmp_path / "conf"), "gztar", world.path, "conf")
    loader = config_loader(archive, "test")
    assert open_guard(loader, tmp_path / "nowhere").owned == (MINE,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("protected: data", "must be a list of paths and URLs, not 'data'"),
        ("protected: [1]", r"must be a list of paths and URLs, not \[1\]"),
        ("protected: ['${no.such}']", r"cannot be resolved: .*no.*\$\{storage.root\}"),
        ("protected: [", r"globals.yml cannot be read \(ParserError\): correct the file"),
    ],
)
def test_a_declaration_that_cannot_be_read_stops_every_environment(
    world: World, text: str, message: str
) -> None:
    """To go on would be to protect nothing; the message says what to write."""
    file = world.path / "conf/production/globals.yml"
    file.write_text(f"environment: production\nstorage: {{root: data/production}}\n{text}\n")
    with pytest.raises(ConfigurationError, match=message):
        guard(world, "test")
    with pytest.raises(RefusedConfigurationError):
        world.loader("local")
