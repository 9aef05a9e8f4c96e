"""A synthetic fleet: a year in one Parquet file, and one more day in a second one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray
from scipy.signal import lfilter

from tests.project import Project, make_project

__all__ = ["Fleet", "sample_of", "write_fleet"]

START = datetime(2018, 1, 1, tzinfo=UTC)
SEED = 20_180_101
DAY = 24
SENSORS_PER_CHUNK = 250
"""Sensors that are made at a time and make a row group: memory stays flat whatever the fleet."""

ENOUGH = 24 * 7 * 30
"""Hours of history that the default configuration asks for."""

SHORT = {
    "backtest": {"weeks": 4, "choice_weeks": 2, "min_training_weeks": 4},
    "evaluation": {"gate": {"min_weeks": 4}},
    "validation": {"admission": {"min_history_weeks": 12}},
}
"""What it takes to train on a quarter of a year: fewer weeks, judged and learned from."""

HISTORY, NEXT_DAY = "1-history.parquet", "2-next-day.parquet"


@dataclass(frozen=True)
class Fleet:
    """Files of a fleet.

    Attributes:
        folder: where they lie.
        sensors: number of sensors.
        hours: hourly steps of the first file.
        rows: readings of the first file.
        day_rows: readings of the second file.
    """

    folder: Path
    sensors: int
    hours: int
    rows: int
    day_rows: int

    @property
    def first_hour(self) -> int:
        """The first step, in hours since 1970."""
        return int(START.timestamp()) // 3600

    @property
    def history(self) -> Path:
        """The file with all hours but those of the last day."""
        return self.folder / HISTORY

    def make_project(self, folder: Path) -> Project:
        """A project with nothing but this fleet's first file delivered."""
        project = make_project(folder, sensors=())
        for name in ("readings.parquet", "events.csv"):
            project.raw.joinpath(name).unlink()
        project.raw.joinpath("events.csv").write_text("event_id,kind,district,start,end,note\n")
        _sensors(self.sensors).write_csv(project.raw / "sensors.csv")
        _read_a_folder(project)
        _show_the_runner(project)
        if self.hours < ENOUGH:
            project.configure(SHORT)
        self._deliver(project, HISTORY)
        return project

    def deliver_day(self, project: Project) -> None:
        """One more file in the raw folder."""
        self._deliver(project, NEXT_DAY)

    def _deliver(self, project: Project, name: str) -> None:
        place = project.raw / "readings"
        place.mkdir(exist_ok=True)
        os.link(self.folder / name, place / name)


def write_fleet(folder: Path, *, sensors: int, hours: int) -> Fleet:
    """Write both files, one sensor after the other, 1 reading in 200 missing.

    Each sensor has a level, a daily and a weekly wave, and an autoregressive disturbance.
    """
    rows = {HISTORY: 0, NEXT_DAY: 0}
    schema = pa.schema(
        {"sensor_id": pa.string(), "timestamp": pa.timestamp("us"), "value": pa.float64()}
    )
    with (
        pq.ParquetWriter(folder / HISTORY, schema, compression="zstd") as history,
        pq.ParquetWriter(folder / NEXT_DAY, schema, compression="zstd") as day,
    ):
        for chunk in _chunks(sensors, hours + DAY):
            is_history = chunk["hour"] < hours
            for name, writer, part in (
                (HISTORY, history, is_history),
                (NEXT_DAY, day, ~is_history),
            ):
                table = chunk.filter(part).drop("hour").to_arrow().cast(schema)
                writer.write_table(table)
                rows[name] += table.num_rows
    return Fleet(folder, sensors, hours, rows[HISTORY], rows[NEXT_DAY])


def sample_of(fleet: Fleet, sensors: int) -> pl.DataFrame:
    """Readings of the first sensors, without the last day."""
    frame = pl.scan_parquet(fleet.history)
    return frame.filter(pl.col("sensor_id").is_in(_names(0, sensors).to_list())).collect()


def _chunks(sensors: int, hours: int) -> Iterator[pl.DataFrame]:
    hour = np.arange(hours)
    seconds = int(START.timestamp()) + 3600 * hour
    times = pl.Series(seconds * 1_000_000).cast(pl.Datetime("us"))
    for first in range(0, sensors, SENSORS_PER_CHUNK):
        names = _names(first, min(first + SENSORS_PER_CHUNK, sensors))
        generator = np.random.default_rng([SEED, first])
        values = _values(generator, len(names), hours)
        yield pl.DataFrame(
            {
                "sensor_id": names.gather(np.repeat(np.arange(len(names)), hours)),
                "timestamp": times.gather(np.tile(hour, len(names))),
                "value": values.reshape(-1),
                "hour": np.tile(hour, len(names)),
            }
        ).filter(generator.random(values.size) > 0.005)


def _values(generator: np.random.Generator, sensors: int, hours: int) -> NDArray[np.float64]:
    """Shape (sensors, hours); the disturbance is AR(1) with coefficient 0.9."""
    hour = np.arange(hours)
    level, size = generator.uniform([[5], [0.5]], [[50], [5]], (2, sensors))[..., None]
    phase = generator.integers(24, size=(sensors, 1))
    wave = np.sin(2 * np.pi * (hour - phase) / 24) + 0.3 * np.sin(2 * np.pi * hour / 168)
    shocks = generator.normal(size=(sensors, hours)) * size / 4
    values: NDArray[np.float64] = level + size * wave + lfilter([1.0], [1.0, -0.9], shocks, axis=1)
    return values


def _names(start: int, stop: int) -> pl.Series:
    return pl.Series([f"S{number:06}" for number in range(start, stop)])


def _sensors(sensors: int) -> pl.DataFrame:
    """Metadata: one kind, twenty districts, limits that nothing reaches."""
    return pl.DataFrame({"sensor_id": _names(0, sensors)}).with_columns(
        kind=pl.lit("flow"),
        unit=pl.lit("L/s"),
        district=pl.format("D{}", pl.int_range(sensors) % 20),
        lower_limit=-1e6,
        upper_limit=1e6,
    )


def _read_a_folder(project: Project) -> None:
    """Each file in the folder is a batch of its own."""
    entry = {
        "type": "modelfleet.stores.raw.files.RawFilesDataset",
        "filepath": "${globals:storage.source}/readings",
        "file_format": "parquet",
        "metadata": {"kedro-viz": {"layer": "raw"}},
    }
    file = project.path / "conf" / "local" / "catalog.yml"
    file.write_text(yaml.safe_dump({"raw_readings": entry}))


def _show_the_runner(project: Project) -> None:
    """Kedro's runner says when a node is completed: there the stages are cut."""
    file = project.path / "conf" / "logging.yml"
    logging = yaml.safe_load(file.read_text())
    logging["loggers"]["kedro.runner"] = {"level": "INFO"}
    file.write_text(yaml.safe_dump(logging))
