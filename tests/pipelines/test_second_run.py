"""A second run, thirty days later: what serves is challenged, kept, replaced or given up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.signal import lfilter

from tests.project import Project, make_project

pytestmark = pytest.mark.xdist_group("second")

START = datetime(2024, 1, 1, tzinfo=UTC)
BEFORE, AFTER = 34 * 168, 30 * 24
"""Hours before the first run, and between the two."""

GROUPS = {"better": 10, "worse": 10, "broken": 10, "failing": 3, "usual": 25}

PLAIN = {
    "features": {"lags": [96], "weeks": [1, 2, 3, 4], "levels": [168], "daily_harmonics": 2},
    "estimator": {"class": "sklearn.linear_model.Ridge", "arguments": {"alpha": 10.0}},
}
"""A recipe that sees last week's level, but not yesterday's."""

RAISING = {
    "features": {"lags": [24]},
    "estimator": {"class": "tests.estimators.Raising", "standardise": False},
}


def ids(group: str) -> list[str]:
    """Sensors of a group."""
    return [f"{group}-{number:02}" for number in range(GROUPS[group])]


ALL = [sensor_id for group in GROUPS for sensor_id in ids(group)]


def values_of(sensor_id: str) -> np.ndarray:
    """A daily wave on a level that wanders from day to day; broken ones break after the first run.

    Half of the broken ones stand still, the others are read in another unit.
    """
    generator = np.random.default_rng(list(sensor_id.encode()))
    hours = np.arange(BEFORE + AFTER)
    level = lfilter([1.0], [1.0, -0.99], generator.normal(scale=0.5, size=len(hours)))
    wave = 10 * np.sin(2 * np.pi * hours / 24) + 4 * np.sin(4 * np.pi * hours / 24)
    values = 100 + wave + level + generator.normal(scale=1.0, size=len(hours))
    group, _, number = sensor_id.partition("-")
    if group == "broken" and int(number) < 5:
        values[BEFORE + 24 :] = values[BEFORE]
    elif group == "broken":
        values[BEFORE + 48 :] *= 1000.0
    return values


def deliver(project: Project) -> None:
    """A file of each period; the second one lies beside the raw data until it is wanted."""
    times = [START + timedelta(hours=hour) for hour in range(BEFORE + AFTER)]
    frame = pl.concat(
        pl.DataFrame({"sensor_id": [name] * len(times), "timestamp": times, "value": values})
        for name, values in ((name, values_of(name)) for name in ALL)
    )
    first = pl.col("timestamp") < START + timedelta(hours=BEFORE)
    frame.filter(first).write_parquet(project.raw / "readings.parquet")
    frame.write_parquet(project.path / "later.parquet")
    metadata = {"sensor_id": ALL, "kind": ["flow"] * len(ALL), "unit": ["m3/h"] * len(ALL)}
    table = pl.read_csv(project.raw / "sensors.csv", n_rows=0)
    known = pl.DataFrame(metadata)
    pl.concat([table.cast(pl.String), known], how="diagonal").write_csv(project.raw / "sensors.csv")
    (project.raw / "events.csv").write_text((project.raw / "events.csv").read_text().split("\n")[0])


def recipes(**groups: str) -> dict[str, Any]:
    """Configuration in which some groups have a recipe of their own."""
    assigned = {name: recipe for group, recipe in groups.items() for name in ids(group)}
    return {
        "training": {
            "allowed_packages": ["sklearn", "tests"],
            "recipes": {"plain": PLAIN, "raising": RAISING},
            "assign": {"sensors": assigned},
        },
        "fleet": {"time_zone": "UTC"},
        "engine": {"backend": "sequential"},
    }


SECOND = recipes(worse="plain", failing="raising")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two runs, thirty days apart; the recipes of twenty sensors were exchanged between them."""
    project = make_project(tmp_path_factory.mktemp("second"), sensors=None)
    deliver(project)
    project.configure(recipes(better="plain"))
    project.run()
    Path(project.path, "first.csv").write_text(project.ledger().write_csv())
    (project.path / "later.parquet").rename(project.raw / "readings.parquet")
    project.configure(SECOND)
    project.run()
    return project


def by_outcome(project: Project, outcome: str) -> set[str]:
    """Sensors with an outcome in the last run."""
    return set(project.ledger().filter(pl.col("outcome") == outcome)["sensor_id"])


def test_at_first_everybody_is_served_by_a_model(fleet: Project) -> None:
    """Else there would be nothing to lose."""
    first = pl.read_csv(fleet.path / "first.csv")
    assert set(first["outcome"]) == {"accepted"}


def test_the_better_ones_are_replaced(fleet: Project) -> None:
    """Both recipes were fitted anew for the same weeks, and the new one errs less."""
    assert set(ids("better")) <= by_outcome(fleet, "accepted")
    first = pl.read_csv(fleet.path / "first.csv")
    versions = fleet.ledger().join(first, on="sensor_id").filter(pl.col("outcome") == "accepted")
    assert (versions["version"] != versions["version_right"]).all()


def test_the_worse_ones_are_kept_at_their_champion(fleet: Project) -> None:
    """The model of the first run goes on, unchanged, and the reason is told."""
    kept = fleet.ledger().filter(pl.col("sensor_id").is_in(ids("worse")))
    assert set(kept["outcome"]) == {"kept"}
    assert set(kept["serves"]) == {"champion"}
    assert all("worse_than_champion" in reasons for reasons in kept["reasons"])
    first = pl.read_csv(fleet.path / "first.csv")
    both = kept.join(first, on="sensor_id")
    assert (both["version"] == both["version_right"]).all()


def test_the_broken_ones_fall_back(fleet: Project) -> None:
    """All of them and nobody else; nobody of them keeps a model."""
    ledger = fleet.ledger()
    fallen = ledger.filter(~pl.col("serves").is_in(["model", "champion"]))["sensor_id"]
    assert set(fallen) == set(ids("broken"))


def test_where_training_fails_the_champion_goes_on(fleet: Project) -> None:
    """A recipe that cannot be fitted is no fault of the model that serves."""
    failed = fleet.ledger().filter(pl.col("sensor_id").is_in(ids("failing")))
    assert set(failed["outcome"]) == {"failed"}
    assert set(failed["serves"]) == {"champion"}


def test_the_usual_ones_go_on(fleet: Project) -> None:
    """A model fitted anew on more data replaces the one before, or that one stays."""
    usual = fleet.ledger().filter(pl.col("sensor_id").is_in(ids("usual")))
    assert set(usual["outcome"]) <= {"accepted", "kept"}
    assert (usual["outcome"] == "accepted").mean() > 0.7


def test_the_release_has_the_model_that_serves_each_sensor(fleet: Project) -> None:
    """Those that are kept are carried over whole, with the recipe they were made by."""
    store = fleet.load("release")
    release = store.open(fleet.load("release_card")["rid"])
    models = release.table("models").select("sensor_id", "version", "specification")
    served = fleet.ledger().filter(pl.col("serves").is_in(["model", "champion"]))
    both = served.join(models, on="sensor_id", how="left")
    assert both.height == models.height
    assert (both["version"] == both["version_right"]).all()
    assert both["specification"].null_count() == 0


def test_so_many_at_once_hold_the_release(fleet: Project) -> None:
    """Ten models given up on one day are a question to people; what served goes on serving."""
    reasons = {reason["code"]: reason for reason in fleet.load("hold_reasons")}
    assert set(reasons["too_many_demotions"]["sensors"]) == set(ids("broken"))
    assert fleet.load("promotion_decision")["state"] == "on hold"
    assert len(fleet.load("channel").entries()) == 1


def test_what_people_cleared_goes_live_once(fleet: Project) -> None:
    """The same release, for which somebody took the responsibility; and then nothing changes."""
    rid, codes = fleet.load("release_card")["rid"], [r["code"] for r in fleet.load("hold_reasons")]
    cleared = {"release": rid[:12], "codes": codes, "reason": "the pumping station was flooded"}
    fleet.configure(SECOND | {"promotion": {"clearances": [cleared]}})
    for _ in range(2):
        fleet.run()
        assert fleet.load("promotion_decision")["state"] == "live"
        assert fleet.load("release_card")["rid"] == rid
        assert len(fleet.load("channel").entries()) == 2
