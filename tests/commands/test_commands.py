"""What people type."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
from click.testing import CliRunner, Result

from modelfleet.commands import fleet
from modelfleet.commands.options import command_options
from tests.project import Project, inside


def run(project: Project, *arguments: str) -> Result:
    """Run a command inside the project."""
    with inside(project.path):
        return CliRunner().invoke(fleet, list(arguments))


def test_ledger_json_has_the_promised_form(few: Project) -> None:
    """Programs read the ledger: its keys are a contract."""
    result = run(few, "ledger", "--json")
    printed = json.loads(result.stdout)
    assert list(printed) == [
        "schema", "run_id", "release", "fleet", "outcomes", "serves", "sensors",
    ]  # fmt: skip
    assert printed["fleet"] == 12 == sum(printed["outcomes"].values())
    assert sum(printed["serves"].values()) == 12
    dead = next(row for row in printed["sensors"] if row["sensor_id"] == "D_n11")
    assert (dead["outcome"], dead["serves"]) == ("quarantined", "none")
    assert dead["reasons"][0] == "dead"
    healthy = next(row for row in printed["sensors"] if row["sensor_id"] == "D_n10")
    assert healthy["reasons"] == []


def test_ledger_can_be_narrowed_to_one_outcome(few: Project) -> None:
    """``--outcome`` shows those sensors; the totals stay those of the fleet."""
    result = run(few, "ledger", "--outcome", "quarantined")
    assert "D_n11" in result.stdout
    assert "D_n10 " not in result.stdout
    assert "12 sensors" in result.stdout


def test_an_unknown_outcome_is_a_usage_error(few: Project) -> None:
    """Exit code 2, and the outcomes that there are."""
    result = run(few, "ledger", "--outcome", "lost")
    assert result.exit_code == 2
    assert "quarantined" in result.output


def test_status_shows_the_last_run_and_what_is_live(few: Project) -> None:
    """For people and, with ``--json``, for programs."""
    printed = json.loads(run(few, "status", "--json").stdout)
    assert set(printed["live"].values()) == {printed["release"]}
    text = run(few, "status").stdout
    assert printed["release"][:12] in text
    assert "12 sensors" in text


def test_releases_marks_the_live_one(few: Project) -> None:
    """The newest first, each with its run."""
    (release,) = json.loads(run(few, "releases", "--json").stdout)["releases"]
    assert release["live"]
    assert release["rid"][:12] in run(few, "releases").stdout


def test_show_verifies_a_release_found_by_its_first_characters(few: Project) -> None:
    """What is shown has been checked byte by byte."""
    (rid,) = few.load("release").rids()
    printed = json.loads(run(few, "show", rid[:6], "--json").stdout)
    assert printed["rid"] == rid
    assert printed["verified"]
    assert printed["sensors"] == 12
    assert "every byte matches" in run(few, "show", rid).stdout


def test_show_refuses_a_release_that_was_altered(ran: Project) -> None:
    """A changed byte is named, and the command fails."""
    (rid,) = ran.load("release").rids()
    file = ran.data / "releases" / rid / "serves.parquet"
    file.write_bytes(file.read_bytes() + b"x")
    result = run(ran, "show", rid)
    assert result.exit_code == 1
    assert "altered 'serves.parquet'" in result.output


def test_the_card_in_the_release_is_what_show_makes_anew(few: Project) -> None:
    """A run attaches it, and anybody can make the same from the verified release."""
    (rid,) = few.load("release").rids()
    attached = (few.data / "releases" / rid / "MODEL_CARD.md").read_text()
    assert run(few, "show", rid, "--card").stdout.startswith(attached)
    assert "12 sensors of the fleet ltown" in attached


def test_a_first_release_is_compared_with_what_is_live(few: Project) -> None:
    """It is live itself: nothing changes."""
    (rid,) = few.load("release").rids()
    total = json.loads(run(few, "diff", rid, "--json").stdout)["total"]
    assert (total["sensors"], total["changed"]) == (12, 0)


def test_an_unknown_sensor_or_cohort_is_told(few: Project) -> None:
    """By name, and without a traceback."""
    (rid,) = few.load("release").rids()
    for narrowed in (("--sensor", "nobody"), ("--cohort", "nowhere")):
        result = run(few, "diff", rid, *narrowed)
        assert result.exit_code == 1
        assert narrowed[1] in result.output


def test_a_run_tells_what_went_live(few: Project) -> None:
    """The notice waits for an address; nobody is asked for one."""
    (notice,) = json.loads(run(few, "notices", "--json").stdout)["notices"]
    assert (notice["kind"], notice["state"]) == ("live", "pending")
    assert notice["release"] == few.load("release_card")["rid"]


def test_unknown_release(few: Project) -> None:
    """The error says how to find the known ones."""
    result = run(few, "show", "ffff0000")
    assert result.exit_code == 1
    assert "fleet releases" in result.output


def test_a_release_is_asked_for_by_enough_characters(few: Project) -> None:
    """Nothing, or nearly nothing, names no release."""
    for short in ("", "a", "abc"):
        assert run(few, "show", short).exit_code == 2


def test_json_is_clean_in_any_folder_of_the_project(few: Project) -> None:
    """Kedro logs to stdout where it does not find the project's logging.yml."""
    code = "from modelfleet.commands import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "status", "--json"],
        cwd=few.data,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["sensors"] == 12


def test_what_storage_refused_is_told_without_a_traceback() -> None:
    """Who refused, where, and what to do; whatever else goes wrong keeps its traceback."""

    @click.command()
    @command_options
    def touch(env: str | None, *, as_json: bool) -> None:
        raise PermissionError(13, "Permission denied", "/srv/a") if as_json else TypeError("bug")

    refused = CliRunner().invoke(touch, ["--json"])
    assert refused.exit_code == 1
    assert "Error: the file system refused access to /srv/a: Permission denied" in refused.stderr
    assert isinstance(CliRunner().invoke(touch, []).exception, TypeError)


def test_before_the_first_run_the_command_says_what_to_do(fresh: Project) -> None:
    """No traceback, but the command that makes what is missing."""
    result = run(fresh, "ledger")
    assert result.exit_code == 1
    assert "kedro run" in result.output


def test_an_unknown_environment_names_the_known_ones(few: Project) -> None:
    """A typo in ``--env`` is told apart from a missing run."""
    result = run(few, "status", "--env", "prod")
    assert result.exit_code == 1
    assert "production" in result.output


def test_outside_a_project_the_command_says_so(tmp_path: Path) -> None:
    """The commands need the project's configuration."""
    with inside(tmp_path):
        result = CliRunner().invoke(fleet, ["status"])
    assert result.exit_code == 1
    assert "pyproject.toml" in result.output


def test_failed_sensors_show_in_the_exit_code(fresh: Project) -> None:
    """``status`` exits with 3, so that a script notices."""
    fresh.configure(
        {
            "training": {
                "allowed_packages": ["sklearn", "tests"],
                "recipes": {
                    "raising": {
                        "features": {"lags": [24]},
                        "estimator": {"class": "tests.estimators.Raising"},
                    }
                },
                "assign": {"sensors": {"D_n10": "raising"}},
            },
            "engine": {"backend": "sequential"},
        }
    )
    fresh.run()
    assert run(fresh, "status").exit_code == 3


def test_help_loads_nothing_heavy() -> None:
    """``modelfleet --help`` answers at once because no library but click is imported."""
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from modelfleet.commands import fleet\n"
        "result = CliRunner().invoke(fleet, ['--help'])\n"
        "assert result.exit_code == 0 and 'ledger' in result.output\n"
        "heavy = {'apprise', 'kedro', 'mlflow', 'polars', 'pandas', 'numpy', 'sklearn'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "COVERAGE_PROCESS_START": ""}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)
