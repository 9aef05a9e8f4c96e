"""The second fleet: wide CSV, wall-clock time with two doubled and three missing hours, weather."""

from datetime import UTC, datetime

import polars as pl
import pytest

from tests.project import Project, make_project

pytestmark = pytest.mark.xdist_group("bwdf")


@pytest.fixture(scope="module")
def bwdf(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The fleet, run once."""
    project = make_project(tmp_path_factory.mktemp("bwdf") / "project")
    project.run(env="bwdf")
    return project


def test_ten_districts_are_handled(bwdf: Project) -> None:
    """Every district is in the ledger, and at least half of the models earn their place."""
    ledger = bwdf.ledger(env="bwdf")
    assert ledger.height == 10
    assert 5 <= ledger.filter(pl.col("outcome") == "accepted").height <= 10


def test_no_row_is_lost_across_clock_changes(bwdf: Project) -> None:
    """Every cell of the wide table is stored: order tells the doubled hours apart."""
    account = bwdf.load("ingestion_account", env="bwdf")
    assert account["rows_in"] == account["stored"] == 196_790
    assert account["rejected"] == {}


def test_utc_has_every_hour_once(bwdf: Project) -> None:
    """On the UTC axis no hour is missing and none is doubled, in spring and in autumn."""
    readings = bwdf.load("readings", env="bwdf").scan().collect()
    one = readings.filter(pl.col("sensor_id") == "DMA_3").sort("timestamp")
    assert one["timestamp"].diff().drop_nulls().dt.total_minutes().unique().to_list() == [60]
    assert one["timestamp"][0] == datetime(2020, 12, 31, 23, tzinfo=UTC)
    assert one["timestamp"][-1] == datetime(2023, 3, 31, 21, tzinfo=UTC)


def test_doubled_hours_keep_the_order_of_the_file(bwdf: Project) -> None:
    """The first 02:00 of 31 October 2021 is 00:00 UTC, the second 01:00 UTC."""
    raw = pl.read_csv(bwdf.path / "data/01_raw/bwdf/inflow.csv", infer_schema=False)
    doubled = raw.filter(pl.col("local_time") == "2021-10-31T02:00")["DMA_1"].cast(pl.Float64)
    readings = bwdf.load("readings", env="bwdf").scan().collect()
    at = [datetime(2021, 10, 31, hour, tzinfo=UTC) for hour in (0, 1)]
    stored = readings.filter((pl.col("sensor_id") == "DMA_1") & pl.col("timestamp").is_in(at)).sort(
        "timestamp"
    )
    assert stored["value"].to_list() == doubled.to_list()


def test_the_recipe_looks_at_the_weather(bwdf: Project) -> None:
    """Covariates of the environment's recipe reach the models."""
    names = bwdf.load("candidates", env="bwdf").scan().collect()["feature_names"][0].to_list()
    assert {"covariate_rain_mm", "covariate_air_temp_c"} <= set(names)


def test_fleets_do_not_touch_each_other(bwdf: Project) -> None:
    """The second fleet writes below its own root alone."""
    assert {path.name for path in bwdf.data.iterdir()} == {"01_raw", "bwdf"}
