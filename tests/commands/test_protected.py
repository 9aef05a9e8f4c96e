"""Commands of an environment whose releases lie in production: they look, and change nothing."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from modelfleet.commands import fleet
from tests.commands.production import FIRST, Production
from tests.project import inside
from tests.stores.guard.world import state_of

ASSETS = ("approvals", "channel", "champions", "release", "notices", "registered_release")


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Production:
    """Production with a release that waits; test was configured to use production's channel."""
    made = Production.make(tmp_path_factory.mktemp("protected") / "project")
    made.publish(FIRST)
    catalog = yaml.safe_load((made.path / "conf/base/catalog.yml").read_text())
    text = json.dumps({name: catalog[name] for name in ASSETS})
    text = text.replace("${globals:storage.root}", "data/production").replace(
        "${globals:environment}", "production"
    )
    (made.path / "conf/test/catalog.yml").write_text(yaml.safe_dump(json.loads(text)))
    return made


def run(production: Production, *arguments: str) -> Result:
    with inside(production.path):
        return CliRunner().invoke(fleet, [*arguments, "--env", "test"])


@pytest.mark.parametrize("command", ["request", "approve", "reject", "rollback", "pin"])
def test_what_changes_something_is_refused_before_anything_is_asked(
    production: Production, command: str
) -> None:
    """Exit code 4, with the place, its owner and the remedy, and no question before."""
    rid = production.document("releases")["releases"][0]["rid"]
    before = state_of(production.root)
    key = ("--key", str(production.keys["data-science"]))
    reason = ("--reason", "x")
    given = ("--sensor", "n1", "--release", rid[:8]) if command == "pin" else (rid[:8], *key)
    result = run(production, command, *given, *reason, "--yes")
    assert result.exit_code == 4, result.output
    assert "belongs to the environment 'production' and is only read here" in result.output
    assert "--env production" in result.output
    assert state_of(production.root) == before


def test_notices_of_production_are_sent_by_production(production: Production) -> None:
    """Whoever asks for it here is refused, also where there are addresses."""
    credentials = {"notifications": {"default": "json://127.0.0.1:9"}}
    (production.path / "conf/test/credentials.yml").write_text(yaml.safe_dump(credentials))
    result = run(production, "notices", "--send")
    assert result.exit_code == 4, result.output


@pytest.mark.parametrize("command", [["releases"], ["notices"], ["audit"], ["show", "RID"]], ids=str)
def test_what_looks_works_and_leaves_no_trace(production: Production, command: list[str]) -> None:
    """Test may look at production as it is."""
    rid = production.document("releases")["releases"][0]["rid"]
    before = state_of(production.root)
    result = run(production, *(rid[:8] if each == "RID" else each for each in command))
    assert result.exit_code == 0, result.output
    assert state_of(production.root) == before
