"""What differs between two environments, sorted by what it means."""

import doctest
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelfleet.domain.errors import ConfigurationError
from modelfleet.stores.environments import config_loader, values
from modelfleet.stores.environments.differences import environment_differences
from modelfleet.stores.environments.values import changes, without_secrets
from tests.project import Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project's configuration."""
    return make_project(tmp_path / "project", sensors=None)


def compare(project: Project, first: str = "test", second: str = "production") -> dict[str, Any]:
    """The differences of two environments."""
    conf = project.path / "conf"
    return environment_differences(config_loader(conf, first), config_loader(conf, second))


def configure(project: Project, env: str, name: str, content: dict[str, Any]) -> None:
    """Lay values over a file of an environment."""
    file = project.path / "conf" / env / f"{name}.yml"
    before = yaml.safe_load(file.read_text()) if file.exists() else {}
    file.write_text(yaml.safe_dump({**before, **content}))


def paths(rows: list[dict[str, Any]]) -> list[str]:
    """Where the values differ."""
    return [row["path"] for row in rows]


def test_test_and_production_differ_in_names_places_and_who_decides(project: Project) -> None:
    """As they are committed: nothing shapes models otherwise, and no place is shared."""
    found = compare(project)
    assert found["environments"] == ["test", "production"]
    assert found["same_models"]
    assert not found["same_champions"]
    assert found["shaping"] == found["data"] == found["other"] == []
    assert found["deciding"] == [
        {"path": "policies.default", "first": "automatic", "second": "four_eyes"}
    ]
    assert {"environment", "storage.root", "mlflow.server.mlflow_tracking_uri"} <= set(
        paths(found["expected"])
    )
    assert found["places"] > 40


def test_a_parameter_that_shapes_models_stands_apart_from_one_that_does_not(
    project: Project,
) -> None:
    """A default that is written out is no difference; workers and what the report shows are none
    that counts."""
    configure(
        project,
        "test",
        "parameters",
        {
            "backtest": {"weeks": 10},
            "fleet": {"name": "try", "frequency": "1h"},
            "engine": {"workers": 7},
            "evaluation": {"report": {"examples": 9}},
        },
    )
    found = compare(project)
    assert found["shaping"] == [{"path": "backtest.weeks", "first": 10, "second": 12}]
    assert paths(found["other"]) == [
        "engine.workers", "evaluation.report.examples", "fleet.name",
    ]  # fmt: skip
    assert not found["same_models"]


def test_other_raw_data_are_told_whatever_they_are(project: Project) -> None:
    """Another place, or another kind of source."""
    configure(project, "test", "globals", {"storage": {"root": "data/test", "source": "other"}})
    found = compare(project)
    assert not found["same_models"]
    assert set(paths(found["data"])) == {
        f"raw_{each}.filepath" for each in ("readings", "sensors", "events", "covariates")
    }
    assert "storage.source" not in paths(found["expected"])


def test_what_is_taken_is_no_difference_of_its_own(project: Project) -> None:
    """With production's tables and champions test has the same data and the same judge."""
    configure(project, "test", "globals", {"taken_from": dict.fromkeys(TAKEN, "production")})
    found = compare(project)
    assert found["same_models"]
    assert found["same_champions"]
    assert found["other"] == []
    assert {f"taken_from.{each}" for each in TAKEN} <= set(paths(found["expected"]))


TAKEN = ("tables", "champions")


def test_an_entry_that_is_more_than_moved_is_told(project: Project) -> None:
    """Its place alone would be expected to differ."""
    entry = {"type": "x.Other", "filepath": "${globals:storage.root}/w", "password": "p4ss"}
    configure(project, "production", "catalog", {"workspace": entry})
    found = compare(project)
    assert {"path": "catalog.workspace.password", "first": "–", "second": "***"} in found["other"]
    assert "catalog.workspace.type" in paths(found["other"])


SECRET, PLAIN = "s3cr3t/with@signs", "s1gn3d"


def test_no_secret_is_shown(project: Project) -> None:
    """Not of a URL, not by its name, not within a text; credentials are not even read."""
    configure(
        project,
        "test",
        "globals",
        {
            "alerts": {"url": f"https://fleet:{SECRET}@alerts.example/x", "token": SECRET},
            "dsn": f"host=db user=fleet password={SECRET}",
            "nested": [{"api_key": SECRET}],
            "blob": f"https://store.example/x?sig={PLAIN}&v=1",
        },
    )
    (project.path / "conf" / "test" / "credentials.yml").write_text("{this is: [no YAML")
    text = json.dumps(compare(project), ensure_ascii=False)
    assert SECRET not in text
    assert PLAIN not in text
    assert "https://***@alerts.example/x" in text
    assert "host=db user=fleet password=***" in text
    assert "https://store.example/x?sig=***&v=1" in text


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("catalog.raw.con", "postgresql://u:p@h/d", "postgresql://***@h/d"),
        ("catalog.raw.credentials", "scada", "scada"),
        ("catalog.raw.credentials.secret", 5, "***"),
        ("allowed_signers", "conf/base/allowed_signers", "conf/base/allowed_signers"),
        ("a.key", None, None),
        ("mlflow.uri", "sqlite:///data/mlflow.db", "sqlite:///data/mlflow.db"),
    ],
)
def test_only_secrets_are_stars(path: str, value: Any, shown: Any) -> None:
    """Names of credentials and of files are what people compare."""
    assert without_secrets(path, value) == shown


def test_lists_and_kinds_count(project: Project) -> None:
    """1 and "1" differ, and so do a list and a longer one."""
    found = changes({"a": [1], "b": 1, "c": {}}, {"a": [1, 2], "b": "1", "c": {"d": 1}})
    assert [(each.path, each.first, each.second) for each in found] == [
        ("a", [1], [1, 2]),
        ("b", 1, "1"),
        ("c", {}, "–"),
        ("c.d", "–", 1),
    ]


def test_examples_are_right() -> None:
    """Those of the docstrings."""
    assert doctest.testmod(values) == doctest.TestResults(failed=0, attempted=3)


def test_wrong_parameters_are_told_with_their_environment(project: Project) -> None:
    """What a run would refuse is not compared."""
    configure(project, "test", "parameters", {"backtest": {"weeks": "many"}})
    with pytest.raises(ConfigurationError, match=r"environment 'test': .*\n.*backtest.weeks"):
        compare(project)
