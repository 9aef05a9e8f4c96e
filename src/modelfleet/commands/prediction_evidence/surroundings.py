"""The tables around one prediction: its sensor, its readings, the calendar of events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from modelfleet.commands.prediction_evidence.stored import Stored
from modelfleet.commands.project import Assets
from modelfleet.commands.sensor_rows import scan_asset
from modelfleet.domain.errors import RetiredError
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.event_overlap import overlapping_events
from modelfleet.fleet.ingest import sensor_periods
from modelfleet.fleet.isolation import reason_of
from modelfleet.fleet.roster import Periods
from modelfleet.stores.delta import scan_table

__all__ = ["AROUND", "Surroundings"]

Row = dict[str, Any]

AROUND = timedelta(days=14)
"""Readings before the origin that are shown."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What lies around a prediction, each table read once and when it is asked for.

    Attributes:
        assets: of the environment.
        parameters: as they are configured.
        fleet: clocks and grid.
        stored: the prediction.
    """

    assets: Assets
    parameters: Row
    fleet: FleetParameters
    stored: Stored

    @property
    def row(self) -> Row:
        """The prediction itself."""
        return self.stored.row

    @property
    def sensor_id(self) -> str:
        """Whose it is."""
        return str(self.row["sensor_id"])

    @property
    def origin(self) -> datetime:
        """First step of the forecast."""
        found: datetime = self.row["origin"]
        return found

    @property
    def end(self) -> datetime:
        """The step after the last one of the forecast."""
        last: datetime = self.stored.rows["timestamp"].max()  # type: ignore[assignment]
        return last + timedelta(minutes=self.fleet.grid.step_minutes)

    @cached_property
    def sensors(self) -> pl.DataFrame:
        """The fleet."""
        return scan_asset(self.assets, "sensors").collect()

    @cached_property
    def sensor(self) -> Row:
        """Metadata of the sensor; empty where the fleet does not know it."""
        mine = self.sensors.filter(pl.col("sensor_id") == self.sensor_id).to_dicts()
        return mine[0] if mine else {}

    @cached_property
    def covariates(self) -> pl.DataFrame:
        """Companions of the fleet."""
        return scan_asset(self.assets, "covariates").collect()

    @cached_property
    def excluded(self) -> dict[str, Periods]:
        """Left-out periods by sensor, as the run of inference makes them."""
        fleet = self.fleet
        axis = Axis(fleet.grid.step_minutes, fleet.time_zone, 0, 0)  # indices count from 1970
        return sensor_periods(
            self._calendar, self.sensors, axis, kinds=self._kinds, scope=self._scope
        )

    def events(self, start: datetime | None, stop: datetime | None) -> list[Row]:
        """Events that concern the sensor and overlap a period; none of an unknown one."""
        if start is None or stop is None:
            return []
        return overlapping_events(
            self._calendar,
            self.sensors,
            sensor_id=self.sensor_id,
            start=start,
            stop=stop,
            scope=self._scope,
            excluded_kinds=self._kinds,
        )

    def readings_then(self, since: datetime | None, sensors: Sequence[str]) -> pl.DataFrame:
        """What was known when the forecast was made: that version, and nothing after the origin.

        Raises:
            RetiredError: that version of the table, or a file of it, is gone.
        """
        from deltalake.exceptions import DeltaError

        version = self.row["readings_version"]
        try:
            table = scan_table(self.assets.place("readings"), version=version)
            time = pl.col("timestamp")
            rows = self._of(table, sensors).filter(time < self.origin)
            return (rows if since is None else rows.filter(time >= since)).collect()
        except (DeltaError, OSError, ValueError, pl.exceptions.PolarsError) as error:
            raise RetiredError(
                f"version {version} of the readings, of which it was made, is not kept any more "
                f"({reason_of(error)})"
            ) from error

    def readings_now(self) -> pl.DataFrame:
        """Readings of the sensor from two weeks before the origin to the end, known today."""
        time = pl.col("timestamp")
        table = self._of(scan_table(self.assets.place("readings")), [self.sensor_id])
        lately = table.filter(time >= self.origin - AROUND, time < self.end)
        return lately.select("timestamp", "value").sort("timestamp").collect()

    def _of(self, table: pl.LazyFrame, sensors: Sequence[str]) -> pl.LazyFrame:
        """Readings of some sensors, from the shards that hold them where these are known."""
        known = self.sensors.filter(pl.col("sensor_id").is_in(list(sensors)))
        mine = pl.col("sensor_id").is_in(list(sensors))
        if known.height == len(sensors):
            mine &= pl.col("shard").is_in(known["shard"].unique().to_list())
        return table.filter(mine).select("sensor_id", "timestamp", "value")

    @cached_property
    def _calendar(self) -> pl.DataFrame:
        return scan_asset(self.assets, "events").collect()

    @cached_property
    def _kinds(self) -> list[str]:
        return list(self.parameters["backtest"]["exclude_events"])

    @cached_property
    def _scope(self) -> list[str]:
        return list(self.parameters["ingestion"]["events"]["scope"])
