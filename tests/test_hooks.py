"""Around a run: a wrong configuration stops it before any work."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.pipeline import Node, Pipeline

from modelfleet.domain.errors import DataError, SchemaError, TaskError
from modelfleet.fleet.notices import write_notice
from modelfleet.hooks import (
    FleetHooks,
    RefusedConfigurationError,
    StoppedRunError,
    _require_writable,
)
from modelfleet.stores.denials import denial_of
from modelfleet.stores.outbox import OutboxDataset
from tests.conftest import kedro
from tests.project import Project
from tests.webhook import Webhook, webhook

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
        "evaluation.gate.min_probability.default: 80 is not allowed",
    ):
        assert expected in text
    assert {path.name for path in fresh.data.iterdir()} == {"01_raw"}


def test_owners_are_checked_before_anything_is_computed(fresh: Project) -> None:
    """A policy that there is not would leave a cohort without one."""
    file = fresh.path / "conf" / "local" / "owners.yml"
    file.write_text("policies: {default: two_eyes}\n")
    with pytest.raises(RefusedConfigurationError, match=r"owners\.yml cannot be used: policies"):
        fresh.run()
    assert {path.name for path in fresh.data.iterdir()} == {"01_raw"}


def test_a_terminal_shows_the_errors_without_a_traceback(fresh: Project) -> None:
    """``kedro run`` exits with 1 and says what is wrong, not where the code was."""
    fresh.configure({"promotion": {"policy": "automatic"}})  # no parameter, but of owners.yml
    done = kedro(fresh, "run")
    assert done.returncode == 1
    assert "promotion.policy: is not a known key" in done.stderr
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


HEADERS = {
    "sensors.csv": "sensor_id,kind,unit,district,lower_limit,upper_limit",
    "events.csv": "event_id,kind,district,start,end,note",
    "covariates.csv": "timestamp",
}


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        *(
            (file, "", rf"DatasetError: raw_{file[:-4]}: .*{file} is empty, .*: deliver it again")
            for file in HEADERS
        ),
        ("sensors.csv", HEADERS["sensors.csv"], "SchemaError: raw_sensors: it has 0 rows, fewer"),
        ("events.csv", "event_id,kind,,kind\n", "raw_events: column 3 of 4 has no name; .* 'kind'"),
        ("events.csv", f"{HEADERS['events.csv']}\n1,burst,A,soon,,\n", "DataError: .*event '1'"),
        ("sensors.csv", f"{HEADERS['sensors.csv']}\na,k,u,d,9,1\n", "SchemaError: .*sensor 'a'"),
    ],
)  # fmt: skip
def test_a_bad_small_table_stops_a_run_before_it_writes(
    fresh: Project, file: str, content: str, message: str
) -> None:
    """Not one row of readings is taken, and the message is all that a terminal shows."""
    (fresh.raw / file).write_text(content)
    with pytest.raises(StoppedRunError, match=message):
        fresh.run(pipelines=["ingestion"])
    assert {path.name for path in fresh.data.iterdir()} <= {"01_raw", "mlflow"}


def caused(error: Exception, cause: Exception | None) -> Exception:
    """An error as Kedro raises it around another."""
    error.__cause__ = cause
    return error


CLOSED = PermissionError(13, "Permission denied", "/srv/production/a")
DENIED = denial_of(CLOSED)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SchemaError("a is missing"), "SchemaError: a is missing"),
        (caused(DatasetError("x: Failed"), DataError("b; do c")), "DataError: b; do c"),
        (DatasetError("x: there is none; make it"), "DatasetError: x: there is none; make it"),
        (caused(DatasetError("x: gone"), FileNotFoundError("gone")), "DatasetError: x: gone"),
        (caused(DatasetError("x: Failed"), CLOSED), f"Denied: {DENIED}"),
        (
            caused(TaskError("shard 3: PermissionError: closed; run again"), CLOSED),
            f"Denied: {DENIED}",
        ),
        (caused(DataError("b is closed; do c"), CLOSED), "DataError: b is closed; do c"),
        (caused(DatasetError("x: Failed"), TypeError("bug")), None),
        (ValueError("bug"), None),
    ],
)
def test_what_is_meant_for_people_is_shown_as_a_message(error: Any, message: str | None) -> None:
    """Whatever else goes wrong keeps its traceback, for those who mend the code."""
    if message is None:
        FleetHooks().on_pipeline_error(error)
    else:
        with pytest.raises(StoppedRunError) as caught:
            FleetHooks().on_pipeline_error(error)
        assert str(caught.value) == message


def test_a_run_that_could_keep_nothing_is_refused(tmp_path: Path) -> None:
    """Before MLflow, whose database would be the first to fail; to look is not to run."""
    (tmp_path / "file").touch()
    places = {"environment": "test", "storage": {"root": str(tmp_path / "file" / "data")}}
    _require_writable(places)
    with click.Context(click.Command("viz")):
        _require_writable(places)
    with (
        click.Context(click.Command("run")),
        pytest.raises(
            RefusedConfigurationError, match=r"'test' writes below .*/file: this account"
        ),
    ):
        _require_writable(places)


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


# --- after a run --------------------------------------------------------------------------------

ENDED = {
    "fleet": "wells",
    "sensors": 3,
    "environment": "local",
    "outcomes": {"accepted": 3},
    "serves": {"model": 3},
    "median_skill": 0.1,
    "release": "a1" * 32,
    "state": "live",
}


@pytest.fixture
def ended(tmp_path: Path) -> DataCatalog:
    """The catalog of a run that told something."""
    outbox = OutboxDataset(filepath=str(tmp_path / "outbox"))
    notice = write_notice(
        "live",
        environment="local",
        release="a1" * 32,
        cohorts=["wells"],
        by="night-run",
        reason="",
        at=datetime.now(UTC),
    )
    outbox.save([notice])
    return DataCatalog({"run_summary": MemoryDataset(ENDED), "notices": outbox})


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A server that takes everything."""
    with webhook() as server:
        yield server


class Loader(dict[str, Any]):
    """A configuration that is known already."""

    config_patterns: dict[str, Any] = {"credentials": []}  # noqa: RUF012


def summarising() -> Pipeline:
    """A stage that ends with the summary."""
    return Pipeline([Node(lambda: ENDED, None, "run_summary", name="summarise")])


def after_run(catalog: DataCatalog, url: str | None = None) -> None:
    """What the hook does after a run, with an address or without."""
    hooks = FleetHooks()
    hooks._loader = Loader(credentials={"notifications": {"default": url}} if url else {})  # type: ignore[assignment]
    hooks.after_pipeline_run(summarising(), catalog)


def test_people_are_told_after_a_run(ended: DataCatalog, hook: Webhook) -> None:
    """What the run posted is delivered; the next run has nothing to send."""
    after_run(ended, hook.url())
    after_run(ended, hook.url())
    (body,) = hook.got
    assert "serves cohort 'wells' in local from now on" in body["message"]


def test_a_run_ends_well_whatever_becomes_of_its_notices(ended: DataCatalog, hook: Webhook) -> None:
    """A service that is down costs a warning, and the notice waits."""
    hook.status = 503
    after_run(ended, hook.url())
    (posted,) = ended.load("notices").all()
    assert posted.state(datetime.now(UTC)) == "failed"


def test_a_job_of_a_ci_service_shows_the_run(
    ended: DataCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is appended to what other steps of the job wrote; elsewhere there is no such file."""
    page = tmp_path / "summary.md"
    after_run(ended)
    assert not page.exists()
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    after_run(ended)
    assert page.read_text().startswith("before\n## wells: release a1a1a1a1a1a1 is live\n")
