"""``fleet why --at``: why one forecast is what it is, after a run of inference."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from modelfleet.commands import fleet
from tests.project import ROOT, Project, inside

pytestmark = pytest.mark.xdist_group("why-forecast")

ON_MODEL, ON_BACKUP, DEAD = "D_n10", "D_n3", "D_n11"
AT, THEN = "2019-01-01T07:00", "2018-12-20T07:00"
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def forecast(few: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A dozen sensors, forecast from the end of their readings and from an origin before it."""
    folder = tmp_path_factory.mktemp("forecast") / "project"
    project = Project(shutil.copytree(few.path, folder, ignore=shutil.ignore_patterns("mlflow")))
    origins = ["2018-12-20", "2018-12-20T06:00", "2019-01-01"]
    project.run(pipelines=["inference"], parameters={"inference": {"origins": origins}})
    return project


@pytest.fixture
def changed(forecast: Project, tmp_path: Path) -> Project:
    """The same, for a test that changes something."""
    tracked = shutil.ignore_patterns("mlflow")
    return Project(shutil.copytree(forecast.path, tmp_path / "project", ignore=tracked))


def why(project: Project, *arguments: str) -> Result:
    """``fleet why`` inside the project."""
    with inside(project.path):
        return CliRunner().invoke(fleet, ["why", *arguments])


def document(project: Project, sensor: str, at: str = AT, *more: str, code: int = 0) -> Any:
    """What ``--json`` prints of a forecast."""
    result = why(project, "--sensor", sensor, "--at", at, "--json", *more)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def change_predictions(project: Project, **values: pl.Expr) -> None:
    """Write the table of predictions anew, with other values."""
    place = str(project.data / "07_model_output" / "predictions")
    rows = pl.read_delta(place).with_columns(**values)
    rows.write_delta(place, mode="overwrite")


def texts(value: Any) -> Iterator[str]:
    """All texts of a document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


# --- what is told -------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [AT, THEN])
@pytest.mark.parametrize("sensor", [ON_MODEL, "Q_PUMP_1"])
def test_base_and_groups_are_the_models_forecast(forecast: Project, sensor: str, at: str) -> None:
    """To 1e-9, and the forecast is the one that stands in the table."""
    found = document(forecast, sensor, at)
    assert found["reproduced"]["same"] is True
    shares = found["contributions"]
    if shares is None:
        assert found["model"] is None
        return
    total = shares["base"] + sum(shares["groups"].values())
    assert total == pytest.approx(shares["forecast"], abs=1e-9)
    if found["forecast"]["source"] == "model":
        assert shares["forecast"] == pytest.approx(found["forecast"]["value"], abs=1e-9)
        by_feature = sum(each["contribution"] for each in shares["features"])
        assert shares["base"] + by_feature == pytest.approx(total, abs=1e-9)


def test_a_model_is_told_with_everything_behind_it(forecast: Project) -> None:
    """Version, training, release, data, gate, events, backup: all from the release itself."""
    found = document(forecast, ON_MODEL)
    (row,) = forecast.candidates().filter(pl.col("sensor_id") == ON_MODEL).to_dicts()
    assert found["model"]["version"] == row["version"] == found["forecast"]["model_version"]
    assert found["model"]["rows"] == row["rows"]
    assert found["release"]["rid"] == found["forecast"]["release"]
    assert found["release"]["live"]
    assert found["release"]["kind"] == "automatic"
    assert found["data"]["readings_version"] == 0
    assert found["data"]["learned_from_version"] == 0
    assert {rule["status"] for rule in found["gate"]["rules"]} == {"pass"}
    assert len(found["events"]["training"]) == 3
    assert [week["taken"] for week in found["backup"]["weeks"]] == [True] * 4
    assert len(found["path"]) == 24
    assert len(found["history"]) == 14 * 24
    assert found["outcome"] is None
    assert found["other_origins"] == []


def test_the_paragraph_comes_first_and_lines_are_short(forecast: Project) -> None:
    """A crew reads it on a small screen: what, how sure, why, and what else could be."""
    for sensor in (ON_MODEL, ON_BACKUP, DEAD, "P_n636"):
        text = why(forecast, "--sensor", sensor, "--at", AT).stdout
        assert max(map(len, text.splitlines())) <= 100
        first = " ".join(text.split("\n\n")[0].split())
        assert "07:00 on Tuesday 1 January 2019 (UTC)" in first
        assert not any(word in text for word in ("None", "nan", "null", "{", "}"))
        if sensor == ON_MODEL:
            assert first == document(forecast, sensor)["paragraph"]


def test_the_paragraph_on_a_model(forecast: Project) -> None:
    """Numbers are rounded by the width of the interval, and have their unit once each."""
    text = document(forecast, ON_MODEL)["paragraph"]
    assert text.startswith("At 07:00 on Tuesday 1 January 2019 (UTC) the forecast for D_n10 is 0.1")
    assert " m3/h, and between 0." in text
    assert "on nine days of ten." in text
    assert "what the model gives on average over a usual week" in text
    assert "raised it" in text
    assert "less than the backup, which says 0.1" in text


def test_the_paragraph_on_a_backup(forecast: Project) -> None:
    """It names the baseline, why no model serves, and what came of its test."""
    found = document(forecast, ON_BACKUP)
    assert found["forecast"]["source"] == "baseline"
    assert found["contributions"] is None
    assert "It comes from the backup, the " in found["paragraph"]
    assert "because its model was not surely better than the backup." in found["paragraph"]
    assert "The test of its model: better in " in found["paragraph"]


def test_the_paragraph_on_a_sensor_without_a_forecast(forecast: Project) -> None:
    """It says why there is none, and what it would take."""
    found = document(forecast, DEAD)
    assert found["forecast"]["value"] is None
    assert found["reproduced"]["same"] is True
    assert found["paragraph"].startswith("There is no forecast for D_n11 at 07:00 on Tuesday")
    assert "silent at the end" in found["paragraph"]
    assert "A backup needs a reading at this hour of the week" in found["paragraph"]


def test_what_was_read_since_is_set_beside_the_forecast(forecast: Project) -> None:
    """With the error of the forecast and of its backup; a model that knew it is said to."""
    found = document(forecast, ON_MODEL, THEN)
    outcome = found["outcome"]
    readings = forecast.load("readings").scan().collect()
    mine = (pl.col("sensor_id") == ON_MODEL) & (
        pl.col("timestamp") == pl.lit(THEN).str.to_datetime(time_zone="UTC")
    )
    assert outcome["actual"] == readings.filter(mine)["value"].item()
    assert outcome["error"] == pytest.approx(found["forecast"]["value"] - outcome["actual"])
    assert outcome["backup_error"] == pytest.approx(found["backup"]["value"] - outcome["actual"])
    assert "What was read then: 0." in found["paragraph"]
    assert "It was made afterwards, by a model that has learned from this" in found["paragraph"]
    assert any(row["actual"] is not None for row in found["path"])


def test_the_latest_origin_is_explained_unless_another_is_named(forecast: Project) -> None:
    """Both cover the hour; what the other said is one option away."""
    latest = document(forecast, ON_MODEL, THEN)
    assert latest["forecast"]["origin"] == "2018-12-20T06:00:00+00:00"
    assert latest["other_origins"] == ["2018-12-20T00:00:00+00:00"]
    earlier = document(forecast, ON_MODEL, THEN, "--origin", "2018-12-20T00:00")
    assert earlier["forecast"]["origin"] == "2018-12-20T00:00:00+00:00"
    # No feature looks nearer than a horizon before its step, so both say the same.
    assert earlier["forecast"]["value"] == latest["forecast"]["value"]
    assert (
        "other origins        1; see --origin"
        in why(forecast, "--sensor", ON_MODEL, "--at", THEN).stdout
    )


def test_times_may_name_a_zone_and_are_the_fleets_otherwise(forecast: Project) -> None:
    """The same moment, written in two ways."""
    found = document(forecast, ON_MODEL, "2019-01-01T08:00:00+01:00")
    assert found == document(forecast, ON_MODEL, "2019-01-01 07:00")


# --- a picture ----------------------------------------------------------------------------------


@pytest.mark.parametrize("sensor", [ON_MODEL, ON_BACKUP, DEAD])
def test_a_picture_is_drawn(forecast: Project, sensor: str, tmp_path: Path) -> None:
    """As PNG or SVG, of any sensor, and beside the text."""
    png, svg = tmp_path / "day.png", tmp_path / "day.svg"
    for file in (png, svg) if sensor == ON_MODEL else (png,):
        result = why(forecast, "--sensor", sensor, "--at", THEN, "--plot", str(file))
        assert result.exit_code == 0, result.output
        assert sensor in result.stdout
    assert png.read_bytes().startswith(PNG)
    assert sensor != ON_MODEL or b"<svg" in svg.read_bytes()


def test_another_kind_of_picture_is_refused_at_once(forecast: Project, tmp_path: Path) -> None:
    """As is a folder that is not there, and a picture of no forecast."""
    told = why(forecast, "--sensor", ON_MODEL, "--at", AT, "--plot", str(tmp_path / "day.pdf"))
    assert told.exit_code == 2
    assert "'day.pdf' is no .png or .svg file" in told.output
    lost = why(forecast, "--sensor", ON_MODEL, "--at", AT, "--plot", str(tmp_path / "no/day.png"))
    assert lost.exit_code == 2
    assert "there is no folder" in lost.output
    alone = why(forecast, "--sensor", ON_MODEL, "--plot", str(tmp_path / "day.png"))
    assert alone.exit_code == 2
    assert "add --at" in alone.output


# --- what cannot be asked -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2019-01-01", "'2019-01-01' is a day; say which of its forecasts, such as 2019-01-01T07"),
        ("tomorrow", "'tomorrow' is no time; write 2019-01-01T07:00"),
        ("2019-13-01T07:00", "is no time"),
    ],
)
def test_what_is_no_time_is_a_usage_error(forecast: Project, at: str, told: str) -> None:
    """With a time that would do."""
    result = why(forecast, "--sensor", ON_MODEL, "--at", at)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


def test_a_time_without_forecast_is_told_with_those_that_there_are(forecast: Project) -> None:
    """And with the command that makes it."""
    result = why(forecast, "--sensor", ON_MODEL, "--at", "2019-01-05T07:00")
    assert result.exit_code == 1
    assert "no forecast of 'D_n10' covers 2019-01-05 07:00 UTC" in result.output
    assert "2019-01-01 00:00 UTC, 2018-12-20 06:00 UTC, 2018-12-20 00:00 UTC" in result.output
    make = "`kedro run --pipelines inference --params inference.origins=2019-01-05T00:00`"
    assert make in result.output
    other = why(forecast, "--sensor", ON_MODEL, "--at", THEN, "--origin", "2018-12-19T12:00")
    assert other.exit_code == 1
    assert "begins at 2018-12-19 12:00 UTC; those that cover it begin at 2018-12-20 06" in (
        other.output
    )


def test_an_unknown_sensor_is_told_with_those_near_to_it(forecast: Project) -> None:
    """As without ``--at``."""
    result = why(forecast, "--sensor", "D_n100", "--at", AT)
    assert result.exit_code == 1
    assert "near to it: 'D_n10'" in result.output


def test_before_the_first_forecast_it_says_what_to_do(few: Project) -> None:
    """No traceback, but the command that makes them."""
    result = why(few, "--sensor", ON_MODEL, "--at", AT)
    assert result.exit_code == 1
    assert "has no predictions yet; make them with `kedro run --pipelines inference`" in (
        result.output
    )


# --- what cannot be proved ----------------------------------------------------------------------


def test_another_number_than_was_stored_is_never_explained(changed: Project) -> None:
    """It is said first and loudly, and nothing is shared out."""
    change_predictions(changed, value=pl.col("value") + 1e-6)
    found = document(changed, ON_MODEL, code=1)
    assert found["reproduced"]["same"] is False
    assert found["contributions"] is None
    assert found["backup"] is None
    assert found["paragraph"].startswith("THIS FORECAST CANNOT BE REPRODUCED: computed again, it")
    result = why(changed, "--sensor", ON_MODEL, "--at", AT)
    assert result.exit_code == 1
    assert "computed again, it is 0.1" in result.stderr


def test_readings_that_are_gone_are_told(changed: Project) -> None:
    """The version of the table that it was made from is not kept any more."""
    change_predictions(changed, readings_version=pl.lit(99, dtype=pl.Int64))
    found = document(changed, ON_MODEL, code=1)
    assert "version 99 of the readings, of which it was made, is not kept" in found["paragraph"]
    assert found["forecast"]["value"] is not None
    assert found["gate"] is not None


def test_an_altered_release_explains_nothing(changed: Project) -> None:
    """Its bytes are checked before they are believed."""
    (models,) = changed.data.glob("releases/*/models.parquet")
    content = bytearray(models.read_bytes())
    content[len(content) // 2] ^= 1
    models.write_bytes(bytes(content))
    found = document(changed, ON_MODEL, code=1)
    assert "cannot be trusted" in found["reproduced"]["problem"]
    assert found["contributions"] is None
    assert found["release"] is None
    assert any("cannot be trusted" in text for text in texts(found))


def test_baselines_alone_are_explained_as_well(changed: Project) -> None:
    """Where no release was proved, the configured baseline spoke of the readings."""
    shutil.rmtree(changed.data / "channels")
    shutil.rmtree(changed.data / "witness")
    parameters = {
        "inference": {"origins": "2018-12-25", "max_backup_share": 1.0, "max_fallback_share": 1.0}
    }
    changed.run(pipelines=["inference"], parameters=parameters)
    found = document(changed, ON_MODEL, "2018-12-25T07:00")
    assert found["forecast"]["reason"] == "no_verified_release"
    assert found["reproduced"]["same"] is True
    assert found["release"] is None
    assert found["model"] is None
    assert len(found["backup"]["weeks"]) == 4
    assert "because no release was proved for it" in found["paragraph"]


# --- the page -----------------------------------------------------------------------------------


def test_the_page_shows_what_the_command_prints(forecast: Project) -> None:
    """All but the versions, which change with the code."""
    page = (ROOT / "docs" / "why.md").read_text()
    command, shown = re.findall(r"^```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[:2]
    arguments = command.split()
    assert arguments[:2] == ["modelfleet", "why"]
    printed = why(forecast, *arguments[2:]).stdout
    version = re.compile(r"\b[0-9a-f]{12}\b")
    assert version.sub("…", printed).startswith(version.sub("…", shown).rstrip())


# --- what it loads ------------------------------------------------------------------------------

LOAD = """
import sys

sys.argv = ["modelfleet", "why", "--sensor", "D_n10", "--at", "2019-01-01T07:00"]
from modelfleet.commands import main

try:
    main()
except SystemExit as end:
    assert not end.code
print("loaded:", *sys.modules)
"""
HEAVY = {"great_expectations", "joblib", "matplotlib", "mlflow", "pandas", "skops", "sklearn"}


def test_nothing_heavy_is_loaded_to_explain_a_linear_model(forecast: Project) -> None:
    """Each of these takes from a tenth of a second to five: the answer comes in two."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=forecast.path, check=True, capture_output=True, text=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("loaded:"))
    loaded = set(line.split()[1:])
    assert "polars" in loaded
    assert not HEAVY & loaded
