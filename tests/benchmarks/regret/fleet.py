"""A fleet as it stood at a date: what was known before it, and nothing after."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import polars as pl
from kedro.config import OmegaConfigLoader

from modelfleet.domain.parameters.check import SECTIONS
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.engine import ShardTask
from modelfleet.fleet.tables import from_pandas
from modelfleet.settings import CONFIG_LOADER_ARGS
from tests.project import ROOT, make_project

__all__ = ["Fleet", "ingest_fleet"]


@dataclass(frozen=True)
class Fleet:
    """What ingestion leaves of a fleet, up to the end of an axis.

    Attributes:
        settings: checked parameters by section.
        axis: its end is the date at which the fleet stands.
        sensors: one row per known sensor.
        readings: sorted readings by shard.
        covariates: companions on the grid.
        rejected: rejected rows, with the text of their time.
    """

    settings: Mapping[str, Any]
    axis: Axis
    sensors: pl.DataFrame
    readings: Mapping[int, pl.DataFrame]
    covariates: pl.DataFrame
    rejected: pl.DataFrame

    def back(self, weeks: int) -> Self:
        """The fleet so many weeks ago: the axis ends there, and later rows are not there at all."""
        axis = replace(self.axis, stop=self.axis.stop - weeks * self.axis.grid.per_week)
        return replace(
            self,
            axis=axis,
            readings={shard: _before(axis, rows) for shard, rows in self.readings.items()},
            covariates=_before(axis, self.covariates),
            rejected=_rejected_before(axis, self.rejected),
        )

    def run(self, task: ShardTask) -> pl.DataFrame:
        """The rows of a task, sorted."""
        parts = [task.part(shard).run(self.readings[shard]) for shard in sorted(task.shards())]
        return pl.concat([pl.DataFrame(schema=task.schema), *parts]).sort("sensor_id")

    def last_rows(self) -> list[Any]:
        """The last time of each table of rows; all lie on or before the end of the axis."""
        tables = [*self.readings.values(), self.covariates]
        return [rows["timestamp"].max() for rows in tables if not rows.is_empty()]


def ingest_fleet(environment: str) -> Fleet:
    """Run ingestion and validation on all of a sample, in a throw-away project."""
    with TemporaryDirectory(prefix="modelfleet-regret-") as folder:
        project = make_project(Path(folder) / "project", sensors=None)
        project.run(env=environment, pipelines=["ingestion", "validation"])

        def load(name: str) -> Any:
            return project.load(name, env=environment)

        source, sensors = load("readings"), from_pandas(load("sensors"))
        return Fleet(
            settings=_settings(environment),
            axis=Axis(**load("fleet_window")),
            sensors=sensors,
            readings={shard: source.read(shard) for shard in sensors["shard"].unique().sort()},
            covariates=from_pandas(load("covariates")),
            rejected=load("rejected_readings"),
        )


def _settings(environment: str) -> dict[str, Any]:
    loader = OmegaConfigLoader(str(ROOT / "conf"), env=environment, **CONFIG_LOADER_ARGS)
    raw = loader["parameters"]
    return {key: kind.model_validate(raw[key]) for key, kind in SECTIONS.items()}


def _before(axis: Axis, rows: pl.DataFrame) -> pl.DataFrame:
    if rows.is_empty():
        return rows
    return rows.filter(axis.index_of("timestamp") < axis.stop)


def _rejected_before(axis: Axis, rejected: pl.DataFrame) -> pl.DataFrame:
    """Without rows that name a later day; those that name none may have come before."""
    day = pl.col("timestamp").str.strip_chars().str.slice(0, 10).str.to_date(strict=False)
    return rejected.filter((day <= axis.end.date()).fill_null(value=True))
