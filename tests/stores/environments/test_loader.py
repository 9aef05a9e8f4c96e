"""What an environment reads of another one: production's globals, its tables, its champions."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from modelfleet.domain.errors import ConfigurationError
from modelfleet.pipeline_registry import register_pipelines
from modelfleet.stores.environments import (
    CONFIG_LOADER_ARGS,
    INGESTED,
    FleetConfigLoader,
    config_loader,
    known,
)

CATALOG = {
    "raw_sensors": {"type": "pandas.CSVDataset", "filepath": "${globals:storage.source}/s.csv"},
    "sensors": {"type": "pandas.CSVDataset", "filepath": "${globals:storage.root}/sensors.csv"},
    "readings": {"type": "x.Readings", "filepath": "${globals:storage.root}/readings"},
    "champions": {"type": "x.Champions", "filepath": "${globals:storage.root}/channels"},
}
SOURCE = "${production:storage.source}"


class Conf:
    """A small ``conf/`` that a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "local").mkdir(parents=True)
        self.write("base", "globals", {"storage": {"root": "data", "source": "raw"}})
        self.write("base", "catalog", CATALOG)
        self.write("production", "globals", {"storage": {"root": "prod", "source": "s3://scada/a"}})
        self.write("test", "globals", {"storage": {"root": "test", "source": SOURCE}})

    def write(self, env: str, name: str, content: Any) -> None:
        """A file of an environment."""
        file = self.folder / env / f"{name}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(content))

    def take(self, env: str = "test", **taken: Any) -> None:
        """What an environment takes from others."""
        storage = {"root": env, "source": SOURCE}
        self.write(env, "globals", {"storage": storage, "taken_from": taken})

    def __call__(self, env: str | None = "test") -> FleetConfigLoader:
        """The configuration of an environment."""
        return config_loader(self.folder, env)


@pytest.fixture
def conf(tmp_path: Path) -> Conf:
    """Production and test."""
    return Conf(tmp_path / "conf")


def places(loader: FleetConfigLoader) -> dict[str, str]:
    """Where the assets lie."""
    return {name: entry["filepath"] for name, entry in loader["catalog"].items()}


def test_sources_are_those_that_production_has_today(conf: Conf) -> None:
    """Nothing is copied: where production reads is said once, in production's own file."""
    assert places(conf())["raw_sensors"] == "s3://scada/a/s.csv"
    conf.write("production", "globals", {"storage": {"root": "prod", "source": "s3://scada/b"}})
    assert places(conf())["raw_sensors"] == "s3://scada/b/s.csv"
    assert places(conf())["sensors"] == "test/sensors.csv"


def test_what_production_does_not_say_comes_from_base(conf: Conf) -> None:
    """As in a run of production itself."""
    conf.write("production", "globals", {"storage": {"root": "prod"}})
    assert places(conf())["raw_sensors"] == "raw/s.csv"


def test_any_environment_and_any_file_of_it_may_refer_to_production(conf: Conf) -> None:
    """Also the catalog, also of a further environment, also of production itself."""
    entry = {"filepath": "${production:storage.source}/w.csv"}
    conf.write("staging", "catalog", {"weather": entry})
    conf.write("production", "catalog", {"weather": entry})
    assert places(conf("staging"))["weather"] == "s3://scada/a/w.csv"
    assert places(conf("staging"))["sensors"] == "data/sensors.csv"
    assert places(conf("production"))["weather"] == "s3://scada/a/w.csv"


def test_each_configuration_keeps_its_own_places(conf: Conf) -> None:
    """OmegaConf knows one resolver for a whole process: the last made must not lead the first."""
    test, production, local = conf("test"), conf("production"), conf(None)
    for _ in range(2):
        assert places(test)["sensors"] == "test/sensors.csv"
        assert places(production)["sensors"] == "prod/sensors.csv"
        assert places(local)["sensors"] == "data/sensors.csv"
        assert places(test)["raw_sensors"] == "s3://scada/a/s.csv"


def test_two_projects_in_one_process_have_each_their_own_production(tmp_path: Path) -> None:
    """As in notebooks and tests: what the first project registered does not stay."""
    one, other = Conf(tmp_path / "one"), Conf(tmp_path / "other")
    other.write("production", "globals", {"storage": {"root": "p", "source": "elsewhere"}})
    first, second = one(), other()
    assert places(second)["raw_sensors"] == "elsewhere/s.csv"
    assert places(first)["raw_sensors"] == "s3://scada/a/s.csv"


def test_parameters_of_the_command_line_reach_the_catalog_still(conf: Conf) -> None:
    """Looking at production in the middle of a file does not take them away."""
    entry = {"filepath": SOURCE + "/${runtime_params:day}"}
    conf.write("test", "globals", {"storage": {"root": "test"}})
    conf.write("test", "catalog", {"day": entry})
    loader = FleetConfigLoader(str(conf.folder), "test", {"day": "monday"}, **CONFIG_LOADER_ARGS)
    assert places(loader)["day"] == "s3://scada/a/monday"


def test_a_value_that_production_lacks_is_named(conf: Conf) -> None:
    """A second value stands in for it; without one, the message says where to write it."""
    conf.write("test", "globals", {"storage": {"root": "t", "source": "${production:storage.x,y}"}})
    assert places(conf())["raw_sensors"] == "y/s.csv"
    conf.write("test", "globals", {"storage": {"source": "${production:storage.sauce}"}})
    with pytest.raises(ConfigurationError) as caught:
        conf()
    assert str(caught.value) == (
        "globals of the environment 'test' cannot be read: production has no 'storage.sauce' in "
        "its globals.yml, nor has base; write it there, or give a second value: "
        "${production:storage.sauce, …}"
    )


def test_production_cannot_refer_to_itself(conf: Conf) -> None:
    """Also not by way of base, which belongs to it."""
    conf.write("base", "globals", {"storage": {"root": "data", "source": SOURCE}})
    with pytest.raises(ConfigurationError, match="in a circle: local → production → production"):
        conf(None)


@pytest.mark.parametrize(
    ("taken", "message"),
    [
        ({"tables": "test"}, "in a circle: test → test"),
        (
            {"tables": "prod"},
            r"'prod', which is not there; there are \['local', 'production', 'test'\]",
        ),
        ({"tables": 5}, "taken_from.tables: Input should be a valid string"),
        ({"table": "production"}, "taken_from.table: Extra inputs.*holds `tables` and `champions`"),
    ],
)
def test_what_cannot_be_taken_is_refused(conf: Conf, taken: Any, message: str) -> None:
    """With the name of the setting, and what there is."""
    conf.take(**taken)
    with pytest.raises(ConfigurationError, match=message):
        conf()["catalog"]


def test_environments_cannot_take_from_each_other(conf: Conf) -> None:
    """Neither would have anything of its own."""
    conf.take(tables="production")
    conf.take("production", champions="test")
    with pytest.raises(ConfigurationError, match="in a circle: test → production → "):
        conf()["catalog"]


def test_tables_that_are_taken_are_those_that_production_itself_opens(conf: Conf) -> None:
    """Whatever production's catalog says of them; all others stay one's own."""
    special = {"type": "x.Other", "filepath": "s3://tables/sensors", "credentials": "tables"}
    conf.write("production", "catalog", {"sensors": special})
    conf.take(tables="production")
    entries = conf()["catalog"]
    assert entries["sensors"] == special
    assert entries["readings"] == {
        "type": "x.Readings", "filepath": "prod/readings", "pinned": True,
    }  # fmt: skip
    assert entries["champions"]["filepath"] == "test/channels"


def test_champions_that_are_taken_are_production_s(conf: Conf) -> None:
    """They alone."""
    conf.take(champions="production")
    assert places(conf()) == {
        "raw_sensors": "s3://scada/a/s.csv",
        "sensors": "test/sensors.csv",
        "readings": "test/readings",
        "champions": "prod/channels",
    }


def test_what_somebody_put_into_a_configuration_stays(conf: Conf) -> None:
    """Hooks replace entries in it: these come after what is taken."""
    conf.take(tables="production")
    loader = conf()
    loader["catalog"] = {"sensors": {"type": "x.Wrapped"}}
    assert loader["catalog"] == {"sensors": {"type": "x.Wrapped"}}


def test_all_that_ingestion_makes_for_later_stages_can_be_taken() -> None:
    """A table that was forgotten would be looked for where nothing is ingested."""
    stages = register_pipelines()
    made, later = stages["ingestion"].all_outputs(), stages["after_ingestion"]
    read = {name for name in later.inputs() if not name.startswith("params:")}
    assert made & read == set(INGESTED)


def test_base_is_no_environment(conf: Conf) -> None:
    """It is below all of them."""
    assert known(conf.folder) == ["local", "production", "test"]
    assert known(conf.folder / "nowhere") == []
