"""Trains what serves sensors in a release again, from the readings as they were."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from modelfleet.domain.errors import ModelfleetError, ReleaseError, listing
from modelfleet.fleet.champions import SERVED_BY_MODEL
from modelfleet.fleet.code import code_digest
from modelfleet.fleet.lineage.schema import BASELINE, MODEL
from modelfleet.fleet.reproduction import Origin, Reproduced, reproduced, train_again
from modelfleet.fleet.reproduction.training import training_task
from modelfleet.stores.readings import DeltaReadings
from modelfleet.stores.release_store import Release, ReleaseStore
from modelfleet.stores.time_travel import readings_of_shard, readings_of_version

__all__ = ["Reproduction", "chosen_rows", "serving_lineage"]

GROUP = ("release", "table_id", "table_version", "shard", "kind")


def serving_lineage(release: Release) -> pl.DataFrame:
    """The lineage of what serves each sensor that anything serves, sorted by sensor."""
    serves = release.table("serves")
    on_model = pl.col("serves").is_in(SERVED_BY_MODEL)
    chosen = serves.filter(pl.col("serves") != "none").select(
        "sensor_id",
        "version",
        kind=pl.when(on_model).then(pl.lit(MODEL)).otherwise(pl.lit(BASELINE)),
    )
    return release.lineage.join(chosen, on=["sensor_id", "version", "kind"], how="semi").sort(
        "sensor_id"
    )


@dataclass(frozen=True)
class Reproduction:
    """A release whose models are to be trained again, and what that takes.

    Attributes:
        release: whose models they are; it may have taken them over from others.
        store: of releases: each model is trained by the configuration of the one it was made for.
        readings: path of the table of readings.
        lock: digest of the pinned versions; ``None`` where the project has none.
        packages: that estimators may come from.
    """

    release: Release
    store: ReleaseStore
    readings: str
    lock: str | None
    packages: Sequence[str]
    _origins: dict[str, Origin] = field(default_factory=dict, repr=False)
    _versions: dict[tuple[str, int], DeltaReadings] = field(default_factory=dict, repr=False)

    def run(self, lineage: pl.DataFrame) -> Iterator[Reproduced]:
        """Train again what rows of lineage name, shard by shard.

        Whatever stands in the way of one shard's models is their ``problem``; the others go on.
        """
        for key, rows in lineage.sort("sensor_id").group_by(GROUP, maintain_order=True):
            try:
                yield from list(self._group(dict(zip(GROUP, key, strict=True)), rows))
            except ModelfleetError as error:
                yield from (self._told(row, problem=str(error)) for row in rows.to_dicts())

    def _group(self, key: Mapping[str, Any], rows: pl.DataFrame) -> Iterator[Reproduced]:
        if key["table_version"] is None:
            raise ReleaseError(f"{rows['reason'][0]}: what it learned from is not known")
        origin, kind = self._origin(key["release"]), str(key["kind"])
        readings = self._readings(key, digest=rows["shard_digest"][0])
        anew = {
            r["sensor_id"]: r for r in train_again(origin, rows, readings, kind=kind).to_dicts()
        }
        released = self.release.table("models" if kind == MODEL else "baselines")
        known = released.join(rows.select("sensor_id"), on="sensor_id", how="semi").to_dicts()
        before = {row["sensor_id"]: row for row in known}
        task = training_task(origin, rows) if kind == MODEL else None
        for row in rows.to_dicts():
            name = row["sensor_id"]
            found = reproduced(
                before[name],
                anew[name],
                kind=kind,
                task=task,
                readings=readings,
                packages=self.packages,
            )
            yield self._told(row, **found)

    def _told(self, row: Mapping[str, Any], **found: Any) -> Reproduced:
        names = ("sensor_id", "kind", "version", "release", "table_version")
        return Reproduced(
            **{name: row[name] for name in names},
            same_code=None if row["code"] is None else row["code"] == code_digest(),
            same_lock=None if None in {row["lock"], self.lock} else row["lock"] == self.lock,
            **found,
        )

    def _origin(self, rid: str) -> Origin:
        if rid not in self._origins:
            mine = rid == self.release.rid
            self._origins[rid] = Origin.of(self.release if mine else self.store.open(rid))
        return self._origins[rid]

    def _readings(self, key: Mapping[str, Any], *, digest: str | None) -> pl.DataFrame:
        known = str(key["table_id"]), int(key["table_version"])
        if known not in self._versions:
            table_id, version = known
            self._versions[known] = readings_of_version(
                self.readings, table_id=table_id, version=version
            )
        return readings_of_shard(self._versions[known], int(key["shard"]), digest=digest)


def chosen_rows(lineage: pl.DataFrame, sensors: Sequence[str]) -> pl.DataFrame:
    """The rows of some sensors.

    Raises:
        ReleaseError: the release serves some of them with nothing, or does not know them.
    """
    if unknown := sorted(set(sensors) - set(lineage["sensor_id"])):
        raise ReleaseError(
            f"the release serves {listing(unknown)} with nothing, or does not know it; "
            "`modelfleet lineage --release RID` counts what it holds"
        )
    return lineage.filter(pl.col("sensor_id").is_in(list(sensors)))
