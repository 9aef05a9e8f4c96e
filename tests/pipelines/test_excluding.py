"""An exclusion changes exactly the models whose history has its hours, and the evidence says so."""

import json
import shutil
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from modelfleet.commands import fleet
from tests.project import Project, inside

pytestmark = pytest.mark.xdist_group("excluding")
CONCERNED = {"P_n636", "P_n679"}
"""Sensors of district A among the dozen; the first is quarantined, and has a baseline only."""
WHY = ("--reason", "a level that is gone", "--by", "network-operations")


def command(project: Project, *arguments: str) -> str:
    """What a command prints."""
    with inside(project.path):
        result = CliRunner().invoke(fleet, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def excluded(few: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A dozen sensors, run again after a period in one district was excluded, and one to come."""
    folder = tmp_path_factory.mktemp("excluded") / "project"
    project = Project(shutil.copytree(few.path, folder, ignore=shutil.ignore_patterns("mlflow")))
    burst = ("--from", "2018-08-30T10:00", "--to", "2018-10-14T01:00", "--kind", "burst")
    command(project, "exclude", "--where", "district=A", *burst, *WHY)
    planned = ("--from", "2019-03-01", "--to", "2019-03-03", "--kind", "maintenance")
    command(project, "exclude", "--fleet", *planned, *WHY)
    project.run()
    return project


def table(project: Project, name: str) -> pl.DataFrame:
    """A table of the engine with a row per sensor, of those that have a version."""
    found: pl.DataFrame = project.load(name).scan().collect().sort("sensor_id")
    return found.filter(pl.col("version").is_not_null())


@pytest.mark.parametrize("name", ["candidates", "baselines"])
def test_exactly_those_with_excluded_hours_are_others(
    few: Project, excluded: Project, name: str
) -> None:
    """All rows of the others are equal to the bit, whatever is planned for the whole fleet."""
    before, after = table(few, name), table(excluded, name)
    assert before["sensor_id"].equals(after["sensor_id"])
    changed = before.filter(before["version"] != after["version"])["sensor_id"]
    assert set(changed) == CONCERNED & set(before["sensor_id"])
    others = ~pl.col("sensor_id").is_in(list(CONCERNED))
    assert before.filter(others).equals(after.filter(others))
    hours = after.filter(~others)["excluded_hours"]
    assert hours.to_list() == [1071.0] * len(hours)


def released(project: Project) -> Any:
    """The release of the last run."""
    return project.load("release").open(project.load("run_summary")["release"])


def test_releases_differ_in_nothing_else(few: Project, excluded: Project) -> None:
    """Models and baselines that a release holds, before and after."""
    for name in ("models", "baselines"):
        before, after = (released(each).table(name) for each in (few, excluded))
        known = before.join(after, on="sensor_id", suffix="_after")
        changed = known.filter(pl.col("version") != pl.col("version_after"))["sensor_id"]
        assert set(changed) <= CONCERNED
        assert set(before["sensor_id"]) == set(after["sensor_id"])


def why(project: Project, sensor: str) -> dict[str, Any]:
    """The events in what serves a sensor."""
    found: dict[str, Any] = json.loads(command(project, "why", "--sensor", sensor, "--json"))
    events: dict[str, Any] = found["events"]
    return events


def answers(project: Project, sensor: str) -> dict[str, tuple[bool, bool]]:
    """By event: whether it was left out, and whether it would be now."""
    events = why(project, sensor)["events"]
    return {each["event_id"]: (each["excluded"], each["excluded_now"]) for each in events}


def test_the_evidence_tells_what_was_learned_from(few: Project, excluded: Project) -> None:
    """Of what serves: a baseline of this run, and a champion that no challenger may replace yet."""
    assert answers(few, "P_n636")["event-12"] == (False, False)
    baseline = answers(excluded, "P_n636")
    assert baseline["burst-2018-08-30"] == (True, True)
    assert baseline["event-12"] == (True, False), "the same hours, of which the catalog knows, too"
    assert baseline["event-11"] == (False, False)
    assert why(excluded, "P_n679")["serves"] == "champion"
    assert answers(excluded, "P_n679")["burst-2018-08-30"] == (False, True)
    assert "burst-2018-08-30" not in answers(excluded, "D_n10")
    text = command(excluded, "why", "--sensor", "P_n679")
    assert "- burst burst-2018-08-30, 2018-08-30 10:00 to 2018-10-14 01:00, 1,071 h of it: " in text
    assert "learned from; left out of what is trained now (a level that is gone)" in text
    assert "and 4 more; --json tells them" in text
    maintenance = [n for s in ("P_n636", "P_n679", "D_n10") for n in answers(excluded, s)]
    assert not any(name.startswith("maintenance") for name in maintenance)


def test_the_run_says_what_was_left_out(excluded: Project) -> None:
    """In its summary, in its report and in the calendar."""
    summary = excluded.load("run_summary")
    assert summary["excluded"] == {"events": ["burst-2018-08-30"], "sensors": 1, "hours": 1071.0}
    shown = json.loads(command(excluded, "events", "--excluded", "--json"))["events"]
    assert all(row["in_a_run"] for row in shown)
    assert {row["event_id"] for row in shown} == {"burst-2018-08-30", "maintenance-2019-03-01"}
