"""``modelfleet notices``: what people were told, and another try for what did not reach them."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from modelfleet.commands import fleet
from modelfleet.commands.afterwards import tell_people
from modelfleet.commands.project import open_assets
from modelfleet.fleet.notices import write_notice
from tests.project import ROOT, Project, inside
from tests.webhook import Webhook, webhook


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project of configuration alone, with one notice for production."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("local"))
    (tmp_path / "conf" / "local").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with inside(tmp_path):
        open_assets("production").load("notices").post(
            write_notice(
                "held",
                environment="production",
                release="a1" * 32,
                cohorts=["flow"],
                by="night-run",
                reason="12 sensors lose their model",
                at=datetime.now(UTC),
            )
        )
        yield Project(tmp_path)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A server that takes everything."""
    with webhook() as server:
        yield server


def write_address(project: Project, url: str) -> None:
    """Where people of production are reached."""
    text = yaml.safe_dump({"notifications": {"default": url}})
    (project.path / "conf" / "production" / "credentials.yml").write_text(text)


def run(*arguments: str) -> Result:
    """Run the command for production."""
    return CliRunner().invoke(fleet, ["notices", "--env", "production", *arguments])


def test_what_waits_is_listed(project: Project) -> None:
    """For people and for programs; nothing was sent, for nobody said where to."""
    assert "held  a1a1a1a1a1a1  pending  nobody yet" in run().stdout
    (shown,) = json.loads(run("--json").stdout)["notices"]
    assert (shown["state"], shown["kind"], shown["cohorts"]) == ("pending", "held", ["flow"])
    assert shown["deliveries"] == []


def test_an_environment_without_notices_has_none(project: Project) -> None:
    """An empty list is an answer."""
    printed = CliRunner().invoke(fleet, ["notices", "--json"])
    assert json.loads(printed.stdout) == {"schema": 1, "notices": []}


def test_send_without_an_address_says_where_to_write_it(project: Project) -> None:
    """The file of the environment that was asked for."""
    result = run("--send")
    assert result.exit_code == 1
    assert "conf/production/credentials.yml" in result.output


def test_a_failure_is_shown_and_sent_again(project: Project, hook: Webhook) -> None:
    """A command posts and delivers; what failed is listed with its error; ``--send`` does again."""
    write_address(project, hook.url())
    hook.status = 503
    tell_people(open_assets("production"))
    shown = run().stdout
    assert "failed  default" in shown
    assert "held a1a1a1a1a1a1 to default, 1 attempt(s): Failed to send JSON POST" in shown
    assert "503" in shown
    hook.status = 200
    sent = run("--send", "--json")
    assert "1 message(s) delivered, 0 failed" in sent.stderr
    (notice,) = json.loads(sent.stdout)["notices"]
    assert notice["state"] == "delivered"
    assert notice["deliveries"][0]["attempts"] == 2
    assert len(hook.got) == 2
    assert "pass-word-1" not in shown + sent.output
