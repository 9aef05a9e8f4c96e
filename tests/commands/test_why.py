"""``fleet why``: one sensor's evidence, of any sensor, without reading the others."""

import json
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from modelfleet.commands import fleet
from tests.project import FEW, Project, inside


def run(project: Project, *arguments: str) -> Result:
    """``fleet why`` inside the project."""
    with inside(project.path):
        return CliRunner().invoke(fleet, ["why", *arguments])


def document(project: Project, sensor: str) -> dict[str, Any]:
    """What ``--json`` prints of a sensor."""
    result = run(project, "--sensor", sensor, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("sensor", FEW)
def test_every_sensor_has_its_evidence(few: Project, sensor: str) -> None:
    """As the ledger says it, for programs and for people, quarantined ones included."""
    found = document(few, sensor)
    (row,) = few.ledger().filter(pl.col("sensor_id") == sensor).to_dicts()
    assert found["sensor_id"] == sensor
    assert found["serves"]["outcome"] == row["outcome"]
    assert found["serves"]["serves"] == row["serves"]
    assert found["serves"]["release_is_live"]
    assert found["missing"] == {}
    text = run(few, "--sensor", sensor).stdout
    assert text.startswith(f"'{sensor}' of {found['metadata']['cohort']}\n")
    assert row["outcome"] in text


def test_the_evidence_is_that_of_the_tables(few: Project) -> None:
    """Weeks and rules agree with the candidate's row and the verdict's."""
    found = document(few, "D_n10")
    (candidate,) = few.candidates().filter(pl.col("sensor_id") == "D_n10").to_dicts()
    assert [week["loss"] for week in found["weeks"]] == candidate["loss"]
    assert found["weeks"][-1]["week_to"] == "2018-12-31T23:00:00+00:00"
    verdicts = pl.from_pandas(few.load("verdicts")).filter(pl.col("sensor_id") == "D_n10")
    rules = {rule["code"]: rule for rule in found["gate"]}
    better = rules["not_better_than_baseline"]
    assert better["figure"] == verdicts["not_better_than_baseline_figure"].item()
    assert found["verdict"]["sentence"] == verdicts["sentence"].item()
    assert found["costs"]["currency"] == "EUR"
    assert found["costs"]["cost_saved"] is not None


def test_an_unknown_sensor_is_an_error_that_names_near_ones(few: Project) -> None:
    """A slip of the hand costs one look, not a search through the ledger."""
    result = run(few, "--sensor", "d_n100")
    assert result.exit_code == 1
    assert "'d_n100'" in result.output
    assert "'D_n10'" in result.output
    assert "12 sensors" in result.output
    assert "near to it" not in run(few, "--sensor", "something else").output


def test_a_sensor_must_be_named(few: Project) -> None:
    """Without ``--sensor`` it is a usage error."""
    assert run(few).exit_code == 2


def test_before_the_first_run_it_says_what_to_do(fresh: Project) -> None:
    """No traceback, but the stage that makes what is missing."""
    result = run(fresh, "--sensor", "D_n10")
    assert result.exit_code == 1
    assert "kedro run --pipelines ingestion" in result.output


def test_after_some_stages_it_shows_what_there_is(fresh: Project) -> None:
    """The rest is named with the stage that makes it."""
    fresh.run(pipelines=["ingestion", "validation"])
    found = document(fresh, "D_n11")
    assert found["admission"]["reasons"] == ["dead"]
    assert found["missing"]["verdicts"] == "evaluation"
    assert found["serves"] is None
    text = run(fresh, "--sensor", "D_n11").stdout
    assert "ledger: run `kedro run --pipelines promotion`" in text
