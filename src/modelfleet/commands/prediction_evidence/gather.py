"""Gathers what is known of one prediction: its tables, its release, and how that went live."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from modelfleet.commands.opening import Opened
from modelfleet.commands.prediction_evidence.again import compute_again
from modelfleet.commands.prediction_evidence.facts import Facts
from modelfleet.commands.prediction_evidence.stored import find_prediction
from modelfleet.commands.prediction_evidence.surroundings import AROUND, Surroundings
from modelfleet.commands.prediction_evidence.times import read_time
from modelfleet.commands.project import Assets
from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.fleet.service import TablesInHand, service_of
from modelfleet.stores.lineage import lineage_of

if TYPE_CHECKING:
    from modelfleet.stores.release_store import Release

__all__ = ["gather_facts"]

Row = dict[str, Any]


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
    grid: dict[str, Any] = {"zone": fleet.time_zone, "step_minutes": fleet.grid.step_minutes}
    step = read_time(at, **grid, option="--at")
    begin = None if origin is None else read_time(origin, **grid, option="--origin")
    stored = find_prediction(assets, sensor_id, step, origin=begin)
    return _gathered(Surroundings(assets, parameters, fleet, stored))


def _gathered(around: Surroundings) -> Facts:
    source = _Source(around)
    release, problem = source.release
    explanation = None
    if problem is None:
        explanation, problem = compute_again(around, release)
    row = around.row
    return Facts(
        stored=around.stored,
        fleet=around.fleet,
        sensor=around.sensor,
        release=release,
        explanation=explanation,
        problem=problem,
        trained=around.events(row["trained_from"], row["trained_to"]),
        lately=around.events(around.origin - AROUND, around.end),
        readings=around.readings_now(),
        **(source.told(release) if release is not None else {}),
    )


@dataclass(frozen=True, eq=False)
class _Source:
    """The release behind a prediction."""

    around: Surroundings

    @cached_property
    def opened(self) -> Opened:
        return Opened(self.around.assets, self.around.assets.load("release"))

    @cached_property
    def release(self) -> "tuple[Release | None, str | None]":
        """The release, if one made the forecast, or why it cannot be relied on."""
        rid = self.around.row["release"]
        if rid is None:
            return None, None
        try:
            found: Release = self.opened.store.open(rid)
        except ReleaseError as error:
            return None, str(error)
        return found, None

    def told(self, release: "Release") -> dict[str, Any]:
        """What it says of the sensor, and how it came to serve."""
        names = ("serves", "scorecard", "verdicts", "models")
        tables = {name: self._mine(release.table(name)) for name in names}
        service = _first(service_of(TablesInHand(tables)))
        cohort = service.get("cohort")
        entry = self._entry(release.rid, cohort)
        asked, approved = self.opened.people(entry) if entry else (None, ())
        configuration = json.loads(release.contents["configuration.json"])
        return {
            "service": service,
            "model": _first(tables["models"]),
            "verdict": _first(tables["verdicts"]),
            "entry": entry,
            "requested_by": asked,
            "approved_by": approved,
            "live": self.opened.live.get(cohort or "") == release.rid,
            "coverage": configuration.get("interval", {}).get("coverage"),
            "lineage": self._lineage(release.rid),
        }

    def _mine(self, table: pl.DataFrame) -> pl.DataFrame:
        return table.filter(pl.col("sensor_id") == self.around.sensor_id)

    def _lineage(self, rid: str) -> Row:
        version = pl.lit(self.around.row["model_version"], dtype=pl.String)
        rows = self._mine(lineage_of(self.opened.store, rid))
        return _first(rows.filter(pl.col("version").eq_missing(version)))

    def _entry(self, rid: str, cohort: str | None) -> Any:
        """The last entry that made a release live for a cohort."""
        before, found = None, None
        for entry in self.opened.entries:
            now = entry.serves.get(cohort or "")
            if now == rid and before != rid:
                found = entry
            before = now
        return found


def _first(rows: pl.DataFrame) -> Row:
    return rows.row(0, named=True) if len(rows) else {}
