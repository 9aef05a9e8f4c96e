"""The page on releases shows what the commands print."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from modelfleet.commands import fleet
from tests.commands.production import Production
from tests.project import ROOT, inside
from tests.releases import large_fleet, publish

PAGE = ROOT / "docs" / "releases-people.md"
HELD = {
    "holds": ["too_many_demotions"],
    "hold_reasons": [
        {"code": "too_many_demotions", "sentence": "108 sensors lose their model, more than 100"}
    ],
}
WIDEST = 100


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What ``modelfleet diff`` prints of a release that changes nearly all of 5,000 sensors."""
    folder = tmp_path_factory.mktemp("large") / "project"
    store = folder / "data" / "releases"
    production = Production.make(folder)
    before = publish(store, large_fleet(5000, later=False))
    after = publish(store, large_fleet(5000, later=True), **HELD)
    with inside(production.path):
        result = CliRunner().invoke(fleet, ["diff", after, before])
    assert result.exit_code == 0, result.output
    return result.stdout


def without_names(text: str) -> str:
    """Names of releases depend on how a library packs a table."""
    return re.sub(r"\b[0-9a-f]{12}\b", "RID", text)


def test_the_page_shows_what_the_command_prints(printed: str) -> None:
    """To the letter, but for the names of the releases."""
    shown = re.search(r"```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert shown
    assert without_names(shown[1]) == without_names(printed)


def test_a_release_that_changes_nearly_everybody_is_one_page(printed: str) -> None:
    """Fifty lines, as wide as a terminal: readable in a minute."""
    lines = printed.splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= WIDEST


def test_every_command_is_on_the_page() -> None:
    """But for those of the last run, the calendar and environments, which have their own pages."""
    named = set(re.findall(r"`modelfleet ([a-z]+)", PAGE.read_text()))
    elsewhere = {"status", "ledger", "why", "notices", "events", "exclude", "env"}
    assert set(fleet.commands) - elsewhere <= named
    assert Path(PAGE.parent / "decisions" / "0018-cards-and-pins.md").exists()
