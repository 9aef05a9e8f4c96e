"""A fleet that runs twice, thirty days apart, with what is known of its sensors beforehand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.signal import lfilter

from tests.project import Project, make_project

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


@pytest.fixture(scope="session")
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
