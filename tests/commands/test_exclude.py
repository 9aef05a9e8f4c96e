"""``fleet exclude`` and ``fleet events``: from what a person says to a reviewed entry."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from modelfleet.commands import fleet
from modelfleet.domain.parameters.events import EventParameters
from tests.project import ROOT, Project, inside

FILE = Path("conf") / "base" / "parameters_events.yml"
JULY = ("--from", "2018-07-20", "--to", "2018-07-22", "--reason", "gardens at night")


def run(project: Project, *arguments: str) -> Result:
    """A command inside the project."""
    with inside(project.path):
        return CliRunner().invoke(fleet, list(arguments))


@pytest.fixture
def own(few: Project, tmp_path: Path) -> Project:
    """A project that has run, whose configuration may be changed."""
    for part in ("conf", "pyproject.toml", "src"):
        source = few.path / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / part)
    (tmp_path / "data").symlink_to(few.path / "data")
    return Project(tmp_path)


def exclude(project: Project, *arguments: str) -> dict[str, Any]:
    """The answer as JSON."""
    result = run(project, "exclude", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def entries(project: Project) -> Any:
    """The calendar in the configuration."""
    return yaml.safe_load((project.path / FILE).read_text())["events"]["calendar"]


def events(project: Project, *arguments: str) -> dict[str, Any]:
    """The calendar as it is shown, by id."""
    found = json.loads(run(project, "events", "--json", *arguments).stdout)
    return {row["event_id"]: row for row in found["events"]}


def test_an_entry_is_written_for_review(own: Project) -> None:
    """With who and when, below what stands there; the answer says whom it concerns."""
    before = (own.path / FILE).read_text()
    asked = ("--cohort", "demand/C", "--kind", "heatwave", "--by", "network-operations", *JULY)
    answer = exclude(own, *asked)
    entry = entries(own)["heatwave-2018-07-20"]
    assert entry.pop("at")
    assert entry == {
        "fleet": "ltown",
        "kind": "heatwave",
        "cohort": "demand/C",
        "from": "2018-07-20T00:00Z",
        "to": "2018-07-23T00:00Z",
        "reason": "gardens at night",
        "by": "network-operations",
        "excluded": True,
    }
    demands = {"D_n10", "D_n11", "D_n17", "D_n27", "D_n3"}
    assert (set(answer["sensors"]), answer["hours"], answer["written"]) == (demands, 72.0, True)
    ledger = own.ledger()
    on_model = set(ledger.filter(ledger["serves"] == "model")["sensor_id"])
    assert answer["live_models"] == len(on_model)
    assert set(answer["models_that_learned_from_it"]) <= on_model & demands
    assert "D_n10" in answer["models_that_learned_from_it"]
    added = [line[1:] for line in answer["diff"].splitlines()[2:] if line.startswith("+")]
    assert all(line in (own.path / FILE).read_text() for line in added)
    assert before.splitlines()[0] == (own.path / FILE).read_text().splitlines()[0]


def test_it_says_that_it_waits_for_review(own: Project) -> None:
    """People read what changes in the file, whom it concerns, and what to do next."""
    text = run(own, "exclude", "--fleet", *JULY, "--by", "b").output
    assert "+    other-2018-07-20:" in text
    assert "Written, for review: other-2018-07-20" in text
    assert "2018-07-20 00:00 to 2018-07-23 00:00 UTC, 72 hours" in text
    assert "12 of 12 (the whole fleet)" in text
    assert "git add conf/base/parameters_events.yml && git commit" in text
    assert "Have it reviewed: nothing is left out before it is merged, in any environment" in text


def test_a_dry_run_writes_nothing(few: Project) -> None:
    """Everything is checked and shown."""
    before = (few.path / FILE).read_bytes()
    result = run(few, "exclude", "--sensor", "D_n10", "--sensor", "D_n3", *JULY, "--dry-run")
    assert "Not written: other-2018-07-20" in result.output
    assert "2 of 12 (sensor D_n10, D_n3)" in result.output
    assert (few.path / FILE).read_bytes() == before


def test_the_calendar_shows_what_is_left_out_and_of_what(own: Project) -> None:
    """An entry shows at once, as one that no run knows yet."""
    assert not any(row["excluded"] for row in events(own).values())
    exclude(own, "--where", "district=A", "--kind", "strike", *JULY)
    found = events(own)
    assert {row["source"] for row in found.values()} == {"catalog", "conf"}
    strike = found["strike-2018-07-20"]
    assert (strike["excluded_by"], strike["in_a_run"], strike["hours"]) == ("entry", False, 72.0)
    assert list(events(own, "--excluded")) == ["strike-2018-07-20"]
    assert "strike-2018-07-20" in events(own, "--sensor", strike["sensors"][0])
    assert "strike-2018-07-20" not in events(own, "--sensor", "D_n10")
    text = run(own, "events", "--excluded").output
    assert "yes, by its entry; not yet in a run" in text
    assert "1 events in UTC, 1 of them left out" in text
    own.configure({"backtest": {"exclude_events": ["burst"]}})
    assert events(own)["event-12"]["excluded_by"] == "kind"


def test_an_entry_that_is_there_already_is_refused(own: Project) -> None:
    """By its id, and by whom and when it concerns."""
    exclude(own, "--sensor", "D_n10", *JULY)
    again = run(own, "exclude", "--sensor", "D_n10", "--kind", "burst", *JULY)
    assert again.exit_code == 1
    assert "'other-2018-07-20', 'burst-2018-07-20' concern the same sensors" in again.output
    named = run(own, "exclude", "--sensor", "D_n3", "--id", "other-2018-07-20", *JULY)
    assert named.exit_code == 1
    assert "has an entry 'other-2018-07-20' already; give another --id" in named.output
    taken = run(own, "exclude", "--sensor", "D_n3", "--id", "event-1", *JULY)
    assert "'event-1' is the id of an event of raw_events" in taken.output
    exclude(own, "--sensor", "D_n3", *JULY)
    assert list(entries(own)) == ["other-2018-07-20", "other-2018-07-20-2"]


def test_an_environment_may_have_entries_of_its_own(own: Project) -> None:
    """They are laid beside those of base."""
    exclude(own, "--fleet", *JULY)
    (own.path / "conf" / "test" / "parameters_test.yml").unlink(missing_ok=True)
    answer = exclude(own, "--sensor", "D_n10", *JULY, "--into", "production", "--env", "local")
    assert answer["file"] == "conf/production/parameters_events.yml"
    text = (own.path / answer["file"]).read_text()
    assert text.startswith("# Known periods of this environment")
    assert list(yaml.safe_load(text)["events"]["calendar"]) == ["other-2018-07-20-2"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--cohort", "C"), 1, "has cohort 'C'; --where district=C"),
        (("--cohort", "demand/D"), 1, "has cohort 'demand/D'; near to it: 'demand/C'"),
        (("--sensor", "D_n10", "--sensor", "D_n100"), 1, "has sensor_id 'D_n100'; near to it"),
        (("--where", "district=Z"), 1, "has district 'Z'; there are 'A', "),
        (("--where", "colour=red"), 1, "there is no column 'colour' in the scope of events"),
        (("--where", "district"), 2, "'district' is not like district=A"),
        ((), 2, "say whom it concerns"),
        (("--fleet", "--sensor", "D_n10"), 2, "say whom it concerns"),
        (("--fleet", "--to", "2018-07-01"), 1, "ends before it begins"),
        (("--fleet", "--from", "July"), 2, "'July' is no time"),
        (("--fleet", "--into", "local"), 2, "what lies in conf/local is one person's"),
        (("--fleet", "--into", "nowhere"), 2, "there is no conf/nowhere; there are base, "),
        (("--fleet", "--into", "../src"), 2, "there is no conf/../src"),
        (("--fleet", "--kind", "${x}"), 1, "stands for something else"),
        (("--fleet", "--id", "a b"), 1, "an id begins with a letter"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    few: Project, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """With the name of what is wrong, and nothing written."""
    before = (few.path / FILE).read_bytes()
    result = run(few, "exclude", *JULY, *arguments)
    assert (result.exit_code, message in result.output) == (code, True), result.output
    assert (few.path / FILE).read_bytes() == before


def test_the_page_shows_what_the_commands_print(own: Project) -> None:
    """Every command of the page, in its order, and what it prints of the first and the last."""
    page = (ROOT / "docs" / "exclusions.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    shown = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    commands = [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]
    results = [run(own, *arguments) for arguments in commands]
    assert [result.exit_code for result in results] == [0] * len(results)
    assert undated(results[0].output) == undated(shown[0])
    assert shown[1] in results[-1].output
    assert "heatwave-2018-07-20" in results[1].output
    (entry,) = re.findall(r"```yaml\n# conf/base/parameters_events.yml\n(.*?)```", page, re.DOTALL)
    assert EventParameters.model_validate(yaml.safe_load(entry)["events"]).of("ltown")


def undated(text: str) -> str:
    """An entry says when it was written."""
    return re.sub(r"at: \S+", "at: now", text)


def test_before_the_first_run_there_is_nothing_to_check_against(fresh: Project) -> None:
    """A misspelt cohort would exclude nothing."""
    result = run(fresh, "exclude", "--fleet", *JULY)
    assert result.exit_code == 1
    assert "has no events yet; make it with `kedro run`" in result.output
