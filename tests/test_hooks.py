"""Around a run: a wrong configuration stops it before any work."""

import subprocess
import sys

import pytest

from modelfleet.hooks import RefusedConfigurationError
from tests.conftest import kedro
from tests.project import Project

pytestmark = pytest.mark.xdist_group("few")

WRONG = {
    "fleet": {"frequency": "7h", "horizn": 24},
    "backtest": {"weeks": "many"},
    "training": {"recipes": {"linear": {"estimator": {"class": "sklearn.linear_model.Rigde"}}}},
    "evaluation": {"gate": {"min_probability": 80}},
}


def test_all_errors_are_reported_at_once_and_nothing_is_written(fresh: Project) -> None:
    """Each problem has its path in the YAML, the value and what is allowed."""
    fresh.configure(WRONG)
    with pytest.raises(RefusedConfigurationError) as caught:
        fresh.run()
    text = str(caught.value)
    for expected in (
        "fleet.frequency: '7h' is not allowed",
        "fleet.horizn: is not a known key",
        "backtest.weeks: 'many' is not allowed",
        "sklearn.linear_model.Rigde",
        "evaluation.gate.min_probability: 80 is not allowed",
    ):
        assert expected in text
    assert {path.name for path in fresh.data.iterdir()} == {"01_raw"}


def test_a_terminal_shows_the_errors_without_a_traceback(fresh: Project) -> None:
    """``kedro run`` exits with 1 and says what is wrong, not where the code was."""
    fresh.configure({"promotion": {"policy": "two_eyes"}})
    done = kedro(fresh, "run")
    assert done.returncode == 1
    assert "promotion.policy: 'two_eyes' is not allowed" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unknown_environment_names_the_known_ones(fresh: Project) -> None:
    """A typo is told before anything is made."""
    with pytest.raises(RefusedConfigurationError, match=r"no environment 'nowhere'.*'production'"):
        fresh.run(env="nowhere")
    assert {path.name for path in fresh.data.iterdir()} == {"01_raw"}


def test_what_we_raise_on_purpose_ends_a_run_without_a_traceback(fresh: Project) -> None:
    """The message names the offender and the remedy; the code is not the reader's concern."""
    (fresh.raw / "readings.parquet").write_bytes(b"PAR1 cut short")
    done = kedro(fresh, "run", "--pipelines", "ingestion")
    assert done.returncode == 1
    assert "readings.parquet" in done.stderr
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_the_package_runs_as_a_module(fresh: Project) -> None:
    """``python -m modelfleet`` is ``kedro run``, for schedulers that know Python only."""
    done = subprocess.run(
        [sys.executable, "-m", "modelfleet", "--pipelines", "ingestion"],
        cwd=fresh.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert fresh.load("ingestion_account")["rows_in"] > 0


def test_one_stage_runs_by_itself(fresh: Project) -> None:
    """``kedro run --pipelines ingestion`` leaves readings, and no summary to show."""
    fresh.run(pipelines=["ingestion"])
    assert fresh.load("readings").shards()
    assert not (fresh.data / "08_reporting" / "run_summary.json").exists()
