"""A release as serving needs it: its tables side by side, one row per sensor, as arrays."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, Self

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.intervals import CELLS, IntervalTable
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.rules import Rules
from modelfleet.domain.weekly_sums import WeeklySums
from modelfleet.fleet.arrays import as_floats, as_matrix
from modelfleet.fleet.axis import EPOCH, Axis
from modelfleet.fleet.champions import SERVED_BY_MODEL
from modelfleet.fleet.rule_breaks import sums_in_service
from modelfleet.fleet.sensor_rules import rules_of_fleet
from modelfleet.fleet.serving_state import history_begins

__all__ = ["Content", "ReleaseTables"]


class ReleaseTables(Protocol):
    """A release whose bytes were checked."""

    @property
    def rid(self) -> str:
        """Its name."""
        ...

    @property
    def contents(self) -> Mapping[str, bytes]:
        """Path to bytes of its files."""
        ...

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        ...


@dataclass(frozen=True, eq=False)
class Content:
    """What a release says of n sensors.

    Attributes:
        rid: its name.
        fleet: grid, clock and horizon.
        baseline_weeks: how far baselines look back.
        axis: the last readings that the release knows lie before its ``stop``.
        sensors: metadata, and what the ledger says: ``serves``, ``outcome``, ``reasons``; sorted.
        models: the models of all, one row per sensor; nulls where none serves.
        baselines: the backups of all, one row per sensor.
        rules: business rules over all of them.
    """

    rid: str
    fleet: FleetParameters
    baseline_weeks: int
    axis: Axis
    sensors: pl.DataFrame
    models: pl.DataFrame
    baselines: pl.DataFrame
    rules: Rules

    @classmethod
    def of(cls, release: ReleaseTables) -> Self:
        """Read the tables of a release.

        Raises:
            ReleaseError: it was made before releases held what forecasts need.
        """
        if "sensors.parquet" not in release.contents:
            raise ReleaseError(
                f"release {release.rid[:12]} has no sensors.parquet: it was made before releases "
                "could forecast; make one with `kedro run`"
            )
        configuration = json.loads(release.contents["configuration.json"])
        fleet = FleetParameters.model_validate({"name": "release", **configuration["fleet"]})
        served = release.table("serves").drop("cohort")
        sensors = release.table("sensors").sort("sensor_id")
        sensors = sensors.join(served, on="sensor_id", how="left", maintain_order="left")
        ids = sensors.select("sensor_id")
        baselines = ids.join(release.table("baselines"), on="sensor_id", how="left")
        in_service = sensors.filter(pl.col("serves").is_in(SERVED_BY_MODEL)).select("sensor_id")
        models = release.table("models").join(in_service, on="sensor_id", how="semi")
        return cls(
            release.rid,
            fleet,
            int(configuration["baseline"]["weeks"]),
            _axis(fleet, baselines),
            sensors,
            ids.join(models, on="sensor_id", how="left").sort("sensor_id"),
            baselines.sort("sensor_id"),
            _rules(sensors, configuration["rule"]),
        )

    @functools.cached_property
    def ids(self) -> list[str]:
        """Sorted."""
        return self.sensors["sensor_id"].to_list()

    @property
    def history(self) -> int:
        """Steps before an origin that are looked at one by one."""
        return self.fleet.history_weeks * self.axis.grid.per_week

    @functools.cached_property
    def begin(self) -> int:
        """Grid index from which on readings give what the whole history would."""
        return history_begins(self.axis, weeks=self.fleet.history_weeks)

    @functools.cached_property
    def sums(self) -> WeeklySums:
        """Of all that was learned before ``begin``; shapes (n, per_week)."""
        per_week = self.axis.grid.per_week
        total, count = (
            np.nan_to_num(as_matrix(self.sensors[name], per_week))
            for name in ("weekly_total", "weekly_count")
        )
        return WeeklySums(total, count)

    @functools.cached_property
    def pattern(self) -> FloatArray:
        """Forecast of the baseline for the week after the release's end; shape (n, per_week)."""
        return as_matrix(self.baselines["pattern"], self.axis.grid.per_week)

    @functools.cached_property
    def on_model(self) -> BoolArray:
        """Whom a model serves; shape (n,)."""
        return self.models["version"].is_not_null().to_numpy()

    @functools.cached_property
    def retired(self) -> BoolArray:
        """Whom nothing serves, by the owner's will; shape (n,)."""
        return self.sensors["outcome"].eq_missing("retired").to_numpy()

    @functools.cached_property
    def first_reasons(self) -> pl.Series:
        """The first code that the ledger has beside each sensor, null where it has none."""
        return self.sensors["reasons"].list.first()

    def without_memory(self) -> Self:
        """The same without what it has kept of its readings, to forecast what lies before its end.

        What was kept, sums of readings and patterns of baselines, knows readings of that time and
        later ones: it must be made anew of what was read before an origin.
        """
        sensors = self.sensors.with_columns(
            pl.lit(None, dtype=self.sensors[name].dtype).alias(name)
            for name in ("weekly_total", "weekly_count")
        )
        pattern = pl.lit(None, dtype=self.baselines["pattern"].dtype).alias("pattern")
        return replace(self, sensors=sensors, baselines=self.baselines.with_columns(pattern))

    def intervals(self, table: pl.DataFrame) -> IntervalTable:
        """Of models or of baselines."""
        return IntervalTable(
            as_matrix(table["interval"], CELLS), as_floats(table["interval_factor"])
        )


def _axis(fleet: FleetParameters, baselines: pl.DataFrame) -> Axis:
    last = baselines["trained_to"].max()
    bare = Axis(fleet.grid.step_minutes, fleet.time_zone, 0, 0)
    stop = bare.index(last if isinstance(last, datetime) else EPOCH) + 1
    return Axis(bare.step_minutes, bare.time_zone, stop, stop)


def _rules(sensors: pl.DataFrame, configured: Mapping[str, Any]) -> Rules:
    rules = rules_of_fleet(sensors, RuleParameters.model_validate(configured))
    serving = ~sensors["outcome"].eq_missing("retired").to_numpy()
    return Rules(rules.limits, rules.changes, sums_in_service(rules.sums, serving))
