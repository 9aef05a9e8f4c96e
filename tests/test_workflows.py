"""Workflows of CI: what they call exists, and they ask for no more than they need."""

import importlib.util
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from types import ModuleType
from typing import Any

import click
import pytest
import yaml

from modelfleet.commands import fleet
from modelfleet.fleet.summary_markdown import markdown_summary
from modelfleet.pipeline_registry import register_pipelines
from tests.commands.production import FIRST, Production
from tests.project import ROOT, Project

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
PAGE = (ROOT / "docs" / "ci.md").read_text()
TARGETS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
PROGRAMS = {
    "git", "mkdir", "sudo", "sed", "printf", "set", "cd", "made", "block", "true",
}  # fmt: skip
"""Programs and functions that need no proof."""
OFF = {"DO_NOT_TRACK", "KEDRO_DISABLE_TELEMETRY", "MLFLOW_DISABLE_TELEMETRY"}

every = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def workflow(file: Path) -> dict[Any, Any]:
    """A workflow; YAML 1.1 reads its key ``on`` as true."""
    found: dict[Any, Any] = yaml.safe_load(file.read_text())
    return found


def jobs(file: Path) -> list[dict[str, Any]]:
    """Its jobs."""
    return list(workflow(file)["jobs"].values())


def steps(file: Path) -> list[dict[str, Any]]:
    """Steps of all jobs."""
    return [step for job in jobs(file) for step in job["steps"]]


def commands(file: Path) -> Iterator[list[str]]:
    """Each command that a step or a script of ``.ci`` runs."""
    texts = [step["run"] for step in steps(file) if "run" in step]
    for text in texts:
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] not in {"{", "}"}:
                yield words


@every
def test_commands_exist(file: Path) -> None:
    """Make targets, stages, environments, Modelfleet's commands with their options, scripts."""
    for words in commands(file):
        check_command(words)


def check_command(words: list[str]) -> None:
    """Refuse what is not there."""
    match words:
        case ["make", *rest]:
            check_make(rest)
        case [".venv/bin/modelfleet", *rest]:
            check_modelfleet(rest)
        case [".venv/bin/python", script, *_]:
            assert (ROOT / script).is_file(), words
        case [script, *_] if script.startswith(".ci/"):
            assert os.access(ROOT / script, os.X_OK), words
        case [program, *_]:
            assert program in PROGRAMS, words


def check_make(arguments: list[str]) -> None:
    """A target, and what it is given."""
    given = dict(word.split("=", 1) for word in arguments if "=" in word)
    plain = [word for word in arguments if "=" not in word and not word.startswith(("-", "."))]
    assert set(plain) <= TARGETS, arguments
    if not (env := given.get("ENV", "local")).startswith("$"):
        assert (ROOT / "conf" / env).is_dir(), arguments
    match shlex.split(given.get("ARGS", "")):
        case ["--pipelines", names]:
            assert set(names.split(",")) <= set(register_pipelines()), arguments
        case others:
            assert others == [], arguments


def check_modelfleet(arguments: list[str]) -> None:
    """A command that takes these arguments."""
    command: click.Command = fleet
    while isinstance(command, click.Group):
        name, *arguments = arguments
        assert name in command.commands, name
        command = command.commands[name]
    command.make_context(name, arguments, resilient_parsing=False)


@every
def test_no_more_rights_than_needed(file: Path) -> None:
    """They read the repository; nothing of an event or an input is pasted into a script."""
    text, found = file.read_text(), workflow(file)
    assert found["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in jobs(file))
    assert "pull_request_target" not in text
    assert "secrets." not in text
    assert not [step["run"] for step in steps(file) if "${{" in step.get("run", "")]


@every
def test_a_job_ends_and_does_not_race(file: Path) -> None:
    """Each has a time limit, and what writes to one environment comes one after the other."""
    assert all(0 < job["timeout-minutes"] <= 60 for job in jobs(file))
    group = workflow(file)["concurrency"]
    assert group["cancel-in-progress"] == (
        True in workflow(file) and "pull_request" in triggers(file)
    )


def triggers(file: Path) -> set[str]:
    """What starts it."""
    return set(workflow(file)[True])


@every
def test_actions_are_pinned(file: Path) -> None:
    """To a major version of an action of GitHub's own; credentials do not stay in the checkout."""
    for step in steps(file):
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


@every
def test_nothing_is_sent_home(file: Path) -> None:
    """The Makefile sees to it; commands that run without it have the same settings."""
    direct = any(words[0].startswith(".venv") for words in commands(file))
    assert not direct or set(workflow(file)["env"]) >= OFF


@every
def test_environments_that_can_be_chosen_are_there(file: Path) -> None:
    """Each is a folder of conf/."""
    inputs = (workflow(file)[True].get("workflow_dispatch") or {}).get("inputs", {})
    chosen = inputs.get("env", {}).get("options", [])
    assert [name for name in chosen if not (ROOT / "conf" / name).is_dir()] == []


def test_the_page_tells_of_every_workflow() -> None:
    """And of no other."""
    assert set(re.findall(r"`(\w[\w-]*\.yml)`", PAGE)) == {file.name for file in FILES}


def test_the_script_that_compares_calls_what_exists() -> None:
    """With the values that it finds out put in."""
    text = (ROOT / ".ci" / "against-production").read_text()
    found = re.findall(r'"\$fleet" (\w[^|\n]*)', text)
    assert len(found) == 3
    for line in found:
        check_modelfleet(shlex.split(re.sub(r'"\$(?:\(\w+ \w+\)|1)"', "abcd", line)))


# --- what people see ----------------------------------------------------------------------------


def test_the_summary_of_a_run_has_the_totals_of_its_ledger(few: Project) -> None:
    """Each outcome, and what serves, as often as the ledger says."""
    page, ledger = markdown_summary(few.load("run_summary")), few.ledger()
    assert f"{ledger.height} sensors" in page
    for column in ("outcome", "serves"):
        for name, count in ledger[column].value_counts().iter_rows():
            assert f"{count} {name}" in page


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that the promotion's job runs."""
    spec = importlib.util.spec_from_file_location("promotion", ROOT / ".ci" / "promotion.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def job(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Job":
    """A job in production, with a release that nobody asked for."""
    production = Production.make(tmp_path / "project")
    production.publish(FIRST)
    page = tmp_path / "summary.md"
    monkeypatch.setenv("KEDRO_ENV", "production")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    made = Job(script, production, page)
    monkeypatch.setattr(script, "modelfleet", made.run)
    return made


class Job:
    """The script, whose commands run in this process."""

    def __init__(self, script: ModuleType, production: Production, page: Path) -> None:
        self.script, self.production, self.page = script, production, page

    def run(self, *arguments: str) -> CompletedProcess[str]:
        result = self.production.run(*arguments)
        return CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)

    def __call__(self, action: str) -> tuple[int, str]:
        self.page.write_text("")
        code = self.script.main(action)
        return code, self.page.read_text()


def test_promotion_waits_for_people_and_signs_for_nobody(job: Job) -> None:
    """It shows what they type on their own machines, and turns green once it serves."""
    code, page = job("show")
    assert code == 0
    assert "nobody asked for it" in page
    assert "request " in page
    assert job("verify")[0] == 4

    rid = job.production.document("releases")["releases"][0]["rid"]
    asked = job.production.document("request", rid, "--reason", "x", by="data-science")
    code, page = job("verify")
    assert code == 4
    assert f"modelfleet approve {asked['request']['id'][:12]} --env production" in page
    assert "north-operations or south-operations" in page

    for owner in ("north-operations", "south-operations"):
        assert job.production.run("approve", rid, "--reason", "y", by=owner).exit_code == 0
    code, page = job("verify")
    assert code == 0, page
    assert "in production: live" in page
    assert "everything is proved" in page
    assert "sign" not in page.partition("## What it changes")[0]


def test_promotion_ends_red_where_anything_is_not_proved(job: Job) -> None:
    """Also where only looking was asked for; nothing is said that rests on it."""
    rid = job.production.document("releases")["releases"][0]["rid"]
    job.production.document("request", rid, "--reason", "x", by="data-science")
    job.production.document("approve", rid, "--reason", "y", by="north-operations")
    (channel,) = (job.production.root / "channels" / "production").glob("*.json")
    channel.write_text(channel.read_text().replace("north", "south"))
    code, page = job("show")
    assert code == 1
    assert "NOT everything is proved" in page
