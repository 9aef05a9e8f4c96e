"""Environments, as people look at them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from modelfleet.commands import fleet
from tests.commands.production import FIRST, HELD, SECOND, Production
from tests.project import inside
from tests.releases import CONFIGURATION, publish
from tests.stores.environments.trees import tree


def run(folder: Path, *arguments: str) -> Result:
    """Run a command inside a project."""
    with inside(folder):
        return CliRunner().invoke(fleet, list(arguments))


def document(folder: Path, *arguments: str) -> Any:
    """What a command prints for programs."""
    result = run(folder, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Production, str, str]:
    """Production with a live release, and another one that test made."""
    production = Production.make(tmp_path_factory.mktemp("two"), policy="four_eyes")
    first = production.publish(FIRST)
    production.document("request", first, "--reason", "the first", by="data-science")
    for owner in ("north-operations", "south-operations"):
        production.document("approve", first, "--reason", "looked at it", by=owner)
    second = publish(production.path / "data" / "test" / "releases", SECOND, **HELD)
    return production, first, second


def test_what_would_change_in_production_is_shown_and_nothing_is_written(
    two: tuple[Production, str, str],
) -> None:
    """Sensor by sensor against what is live there; both environments are only read."""
    production, first, second = two
    before = tree(production.path)
    arguments = ("diff", second[:12], "--env", "test", "--against", "production")
    found = document(production.path, *arguments)
    assert (found["environment"], found["against"]) == ("test", "production")
    assert found["before"] == {"north": first, "south": first}
    changes = {row["sensor_id"]: row["change"] for row in found["changes"]}
    assert changes == {"n2": "to_baseline", "n1": "replaced", "s2": "to_model"}
    assert found["inputs"] == {first: {"parameters": [], "readings": False, "code": False}}
    text = run(production.path, *arguments).stdout
    assert f"{second[:12]} of test in place of {first[:12]} of production" in text
    assert f"Made from the same readings, parameters and code as {first[:12]}" in text
    assert "too many demotions" in text.lower() or "1 sensor loses its model" in text
    assert tree(production.path) == before


def test_other_parameters_are_told_with_both_values(two: tuple[Production, str, str]) -> None:
    """A release that other parameters shaped is not what production would make."""
    production, first, _ = two
    other = {**CONFIGURATION, "backtest": {"weeks": 10, "exclude_events": ["burst"]}}
    folder = production.path / "data" / "test" / "releases"
    rid = publish(folder, SECOND, configuration=other)
    text = run(production.path, "diff", rid, "--env", "test", "--against", "production").stdout
    assert f"! Made with other parameters than {first[:12]}:" in text
    assert "backtest.weeks: 12 → 10" in text


def test_the_same_release_is_recognised(two: tuple[Production, str, str]) -> None:
    """Test made what production has: the same name."""
    production, first, _ = two
    publish(production.path / "data" / "test" / "releases", FIRST)
    arguments = ("diff", first, first, "--env", "test", "--against", "production")
    text = run(production.path, *arguments).stdout
    assert "It is the same release" in text
    assert "0 of 4 sensors change" in text


def test_an_altered_release_of_production_is_not_compared(
    two: tuple[Production, str, str], tmp_path: Path
) -> None:
    """Its configuration is checked against its name, as its tables are."""
    production, first, second = two
    copy = production.copied(tmp_path / "copy")
    file = copy.root / "releases" / first / "configuration.json"
    file.write_text(file.read_text().replace("12", "13"))
    result = run(copy.path, "diff", second, "--env", "test", "--against", "production")
    assert result.exit_code == 1
    assert "'configuration.json' was altered" in result.output


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["diff"], 2, "Missing argument 'RID'"),
        (["diff", "--env", "test", "--against", "prod"], 1, "there is no environment 'prod'"),
        (["diff", "--env", "tset", "--against", "production"], 1, "no environment 'tset'"),
        (["diff", "--env", "test", "--against", "production"], 1, "has no run_summary yet"),
        (["env", "diff", "test"], 2, "Missing argument 'ENV'"),
        (["env", "diff", "test", "base"], 1, "there is no environment 'base'"),
        (["ledger", "--env", "base"], 1, "there is no environment 'base'"),
    ],
)
def test_wrong_environments_are_named(
    two: tuple[Production, str, str], arguments: list[str], code: int, message: str
) -> None:
    """With those that there are."""
    result = run(two[0].path, *arguments)
    assert result.exit_code == code
    assert message in result.output


def test_without_a_name_it_is_the_release_of_the_last_run(
    two: tuple[Production, str, str], tmp_path: Path
) -> None:
    """What a run left is what people want to compare."""
    copy = two[0].copied(tmp_path / "copy")
    summary = copy.path / "data" / "test" / "08_reporting" / "run_summary.json"
    summary.parent.mkdir()
    summary.write_text(json.dumps({"release": two[2]}))
    arguments = ("diff", "--env", "test", "--against", "production")
    assert document(copy.path, *arguments)["release"] == two[2]


def test_where_nothing_is_live_it_says_what_to_name(two: tuple[Production, str, str]) -> None:
    """Production's first release waits for people: it can be named."""
    production, _, second = two
    text = run(production.path, "diff", second, "--env", "test", "--against", "test").stdout
    assert f"{second[:12]} in place of nothing" in text
    publish(production.path / "data" / "releases", FIRST)
    text = run(production.path, "diff", second, "--env", "test", "--against", "local").stdout
    assert "Nothing is live in local; name one of its releases as BEFORE." in text


def test_environments_are_listed_with_what_is_live(two: tuple[Production, str, str]) -> None:
    """What each reads and writes, and who decides."""
    production, first, _ = two
    found = {row["name"]: row for row in document(production.path, "env", "list")["environments"]}
    assert set(found) == {"local", "test", "production", "bwdf"}
    assert found["production"]["live"] == [first]
    assert found["production"]["policies"] == ["four_eyes"]
    assert found["test"] == {
        "name": "test", "root": "data/test", "source": "data/01_raw/ltown", "tables": None,
        "champions": None, "policies": ["automatic"], "live": [], "problem": None,
    }  # fmt: skip
    text = run(production.path, "env", "list").stdout
    assert first[:12] in text
    assert "nothing" in text


def test_an_environment_that_cannot_be_read_does_not_hide_the_others(
    two: tuple[Production, str, str], tmp_path: Path
) -> None:
    """Its line says why."""
    copy = two[0].copied(tmp_path / "copy", data=False)
    (copy.path / "conf" / "broken").mkdir()
    globals_ = copy.path / "conf" / "broken" / "globals.yml"
    globals_.write_text("storage: {source: '${production:storage.sauce}'}\n")
    shutil.rmtree(copy.path / "conf" / "bwdf")
    result = run(copy.path, "env", "list")
    assert result.exit_code == 0
    assert "production has no 'storage.sauce'" in result.stdout
    assert "data/production" in result.stdout


def test_differences_are_shown_for_people_and_for_programs(
    two: tuple[Production, str, str], tmp_path: Path
) -> None:
    """Parameters that shape models are loud; whatever differs, the exit code is 0."""
    copy = two[0].copied(tmp_path / "copy", data=False)
    quiet = run(copy.path, "env", "diff", "test", "production")
    assert quiet.exit_code == 0
    assert quiet.stdout.startswith(
        "test and production train the same models: same parameters, same data.\n"
        "Each judges them against what is live in it"
    )
    assert "catalog entries in their place alone" in quiet.stdout
    parameters = copy.path / "conf" / "test" / "parameters.yml"
    parameters.write_text("backtest: {weeks: 10}\nfleet: {horizon: 12}\n")
    loud = run(copy.path, "env", "diff", "test", "production")
    assert loud.exit_code == 0
    assert loud.stdout.startswith(
        "! 2 parameters that shape models differ:\n"
        "  a release made in test is not what production would make.\n"
    )
    assert not document(copy.path, "env", "diff", "test", "production")["same_models"]
