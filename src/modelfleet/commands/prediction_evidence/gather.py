"""Gathers what is known of one prediction, and computes it again from the release that made it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from modelfleet.commands.opening import Opened
from modelfleet.commands.prediction_evidence.stored import Stored, find_prediction
from modelfleet.commands.prediction_evidence.times import read_time
from modelfleet.commands.project import Assets
from modelfleet.commands.sensor_rows import scan_asset
from modelfleet.domain.errors import ModelfleetError, ReleaseError, RetiredError
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.fleet.event_overlap import overlapping_events
from modelfleet.fleet.inference.provisional import Provisional
from modelfleet.fleet.ingest import sensor_periods
from modelfleet.fleet.isolation import reason_of
from modelfleet.fleet.service import TablesInHand, service_of
from modelfleet.fleet.serving import Forecaster
from modelfleet.fleet.serving.backfill import backfill_needs_from, trace_forecast
from modelfleet.fleet.serving.explanation import Explanation, explain_step, summed_with
from modelfleet.stores.delta import scan_table
from modelfleet.stores.lineage import lineage_of

if TYPE_CHECKING:
    from modelfleet.stores.release_store import Release

__all__ = ["Facts", "gather_facts"]

Row = dict[str, Any]

AROUND = timedelta(days=14)
"""Readings before the origin that are shown."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """What is known of one prediction.

    Attributes:
        stored: as it was made.
        fleet: clocks and grid.
        sensor: its metadata; empty where the fleet does not know it any more.
        release: the verified release that made it; ``None`` where none did, or it is not sound.
        explanation: what it was made of; ``None`` where it could not be computed again.
        problem: why it could not be.
        service: what the release says of the sensor, with figures.
        verdict: the gate's row in the release.
        entry: of the channel that made the release live for the sensor's cohort.
        requested_by: who asked for it.
        approved_by: who approved it.
        live: whether it serves the cohort now.
        trained: events that overlap the training period.
        lately: events that overlap the readings that are shown, and the forecast.
        readings: ``timestamp`` and ``value`` since two weeks before the origin, to the end of the
            horizon, as they are known today.
        coverage: share of the readings that the interval shall cover.
        lineage: of the model or the baseline that made it; empty where nothing is recorded.
    """

    stored: Stored
    fleet: FleetParameters
    sensor: Row = field(default_factory=dict)
    release: "Release | None" = None
    explanation: Explanation | None = None
    problem: str | None = None
    service: Row = field(default_factory=dict)
    verdict: Row = field(default_factory=dict)
    entry: Any = None
    requested_by: str | None = None
    approved_by: Sequence[str] = ()
    live: bool = False
    trained: Sequence[Row] = ()
    lately: Sequence[Row] = ()
    readings: pl.DataFrame
    coverage: float | None = None
    lineage: Row = field(default_factory=dict)


def gather_facts(assets: Assets, sensor_id: str, at: str, *, origin: str | None = None) -> Facts:
    """Find a prediction and everything behind it.

    Args:
        assets: of the environment.
        sensor_id: of the sensor.
        at: time of the step, as it was typed.
        origin: of the forecast, as it was typed; ``None`` takes the latest that covers the time.

    Raises:
        DataError: there is no such prediction.
    """
    parameters = assets.parameters()
    fleet = FleetParameters.model_validate(parameters["fleet"])
    step = read_time(at, zone=fleet.time_zone, option="--at")
    begin = origin and read_time(origin, zone=fleet.time_zone, option="--origin")
    stored = find_prediction(assets, sensor_id, step, origin=begin or None)
    return _Search(assets, parameters, fleet, stored).facts()


@dataclass(frozen=True, eq=False)
class _Search:
    """What is found on one prediction, each part once."""

    assets: Assets
    parameters: Row
    fleet: FleetParameters
    stored: Stored

    def facts(self) -> Facts:
        release, problem = self._release()
        explanation = None
        if problem is None:
            explanation, problem = self._explanation(release)
        return Facts(
            stored=self.stored,
            fleet=self.fleet,
            sensor=self.sensor,
            release=release,
            explanation=explanation,
            problem=problem,
            trained=self._events(self.row["trained_from"], self.row["trained_to"]),
            lately=self._events(self.origin - AROUND, self._end),
            readings=self._known_today(),
            **(self._of_release(release) if release is not None else {}),
        )

    @property
    def row(self) -> Row:
        return self.stored.row

    @property
    def sensor_id(self) -> str:
        return str(self.row["sensor_id"])

    @property
    def origin(self) -> datetime:
        found: datetime = self.row["origin"]
        return found

    @cached_property
    def opened(self) -> Opened:
        return Opened(self.assets, self.assets.load("release"))

    @cached_property
    def sensors(self) -> pl.DataFrame:
        return scan_asset(self.assets, "sensors").collect()

    @cached_property
    def sensor(self) -> Row:
        mine = self.sensors.filter(pl.col("sensor_id") == self.sensor_id).to_dicts()
        return mine[0] if mine else {}

    @property
    def _end(self) -> datetime:
        last: datetime = self.stored.rows["timestamp"].max()  # type: ignore[assignment]
        return last + timedelta(minutes=self.fleet.grid.step_minutes)

    def _release(self) -> "tuple[Release | None, str | None]":
        """The release, if one made the forecast, or why it cannot be relied on."""
        rid = self.row["release"]
        if rid is None:
            return None, None
        try:
            found: Release = self.opened.store.open(rid)
        except ReleaseError as error:
            return None, str(error)
        return found, None

    def _explanation(self, release: "Release | None") -> tuple[Explanation | None, str | None]:
        """Computed again, or why that cannot be done."""
        try:
            forecaster = release.forecaster if release else self._baselines_alone()
            if self.sensor_id not in forecaster.content.ids:
                return None, None  # nothing was computed, so nothing can be computed again
            return self._computed(forecaster), None
        except ModelfleetError as error:
            return None, str(error)

    def _computed(self, forecaster: Forecaster) -> Explanation:
        together = summed_with(forecaster.content, self.sensor_id)
        packages = tuple(self.parameters["training"]["allowed_packages"])
        outcome, covariates = trace_forecast(
            forecaster,
            self._readings_then(backfill_needs_from(forecaster, [self.origin]), together),
            origin=self.origin,
            sensors=together,
            covariates=self._covariates(),
            excluded=self._excluded(forecaster.content.axis),
            packages=packages,
        )
        at = self.row["timestamp"]
        return explain_step(outcome, self.sensor_id, at, covariates=covariates, packages=packages)

    def _baselines_alone(self) -> Forecaster:
        """What forecast where no release was proved: configured baselines, of readings alone."""
        return Forecaster.of(
            Provisional.of(
                self.sensors.filter(pl.col("sensor_id") == self.sensor_id),
                last=self.origin - timedelta(minutes=self.fleet.grid.step_minutes),
                reason=self.row["reason"],
                fleet=self.fleet,
                baseline=BaselineParameters.model_validate(self.parameters["baseline"]),
            )
        )

    def _readings_then(self, since: datetime | None, sensors: Sequence[str]) -> pl.DataFrame:
        """What was known when the forecast was made: that version, and nothing after the origin."""
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

    def _of(self, table: pl.LazyFrame, sensors: Sequence[str]) -> pl.LazyFrame:
        known = self.sensors.filter(pl.col("sensor_id").is_in(list(sensors)))
        shards = known["shard"].unique().to_list()
        mine = pl.col("sensor_id").is_in(list(sensors))
        if known.height == len(sensors):
            mine &= pl.col("shard").is_in(shards)
        return table.filter(mine).select("sensor_id", "timestamp", "value")

    def _known_today(self) -> pl.DataFrame:
        time = pl.col("timestamp")
        table = self._of(scan_table(self.assets.place("readings")), [self.sensor_id])
        lately = table.filter(time >= self.origin - AROUND, time < self._end)
        return lately.select("timestamp", "value").sort("timestamp").collect()

    def _covariates(self) -> pl.DataFrame | None:
        table = scan_asset(self.assets, "covariates").collect()
        return table if len(table.columns) > 1 and len(table) else None

    @cached_property
    def events(self) -> pl.DataFrame:
        return scan_asset(self.assets, "events").collect()

    def _excluded(self, axis: Any) -> Mapping[str, Any]:
        return sensor_periods(self.events, self.sensors, axis, kinds=self._kinds, scope=self._scope)

    @cached_property
    def _kinds(self) -> list[str]:
        return list(self.parameters["backtest"]["exclude_events"])

    @cached_property
    def _scope(self) -> list[str]:
        return list(self.parameters["ingestion"]["events"]["scope"])

    def _events(self, start: datetime | None, stop: datetime | None) -> list[Row]:
        if start is None or stop is None:
            return []
        return overlapping_events(
            self.events,
            self.sensors,
            sensor_id=self.sensor_id,
            start=start,
            stop=stop,
            scope=self._scope,
            excluded_kinds=self._kinds,
        )

    def _of_release(self, release: "Release") -> dict[str, Any]:
        mine = pl.col("sensor_id") == self.sensor_id
        tables = {
            name: release.table(name).filter(mine) for name in ("serves", "scorecard", "verdicts")
        }
        service = service_of(TablesInHand(tables)).to_dicts()
        cohort = service[0]["cohort"] if service else None
        entry = self._entry(release.rid, cohort)
        asked, approved = self.opened.people(entry) if entry else (None, ())
        configuration = json.loads(release.contents["configuration.json"])
        return {
            "service": service[0] if service else {},
            "verdict": next(iter(tables["verdicts"].to_dicts()), {}),
            "entry": entry,
            "requested_by": asked,
            "approved_by": approved,
            "live": self.opened.live.get(cohort or "") == release.rid,
            "coverage": configuration.get("interval", {}).get("coverage"),
            "lineage": self._lineage(release.rid),
        }

    def _lineage(self, rid: str) -> Row:
        rows = lineage_of(self.opened.store, rid)
        maker = pl.col("version").eq_missing(pl.lit(self.row["model_version"], dtype=pl.String))
        mine = rows.filter(pl.col("sensor_id") == self.sensor_id, maker).to_dicts()
        return mine[0] if mine else {}

    def _entry(self, rid: str, cohort: str | None) -> Any:
        """The last entry that made a release live for a cohort."""
        before, found = None, None
        for entry in self.opened.entries:
            now = entry.serves.get(cohort or "")
            if now == rid and before != rid:
                found = entry
            before = now
        return found
