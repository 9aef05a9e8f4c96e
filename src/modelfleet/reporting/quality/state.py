"""What the data-quality page remembers of a run, so that the next one can say what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import polars as pl

from modelfleet.domain.lineage import canonical_json, digest_of
from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.release_content import shaping_parameters
from modelfleet.fleet.sharded import ReadingsSource
from modelfleet.fleet.stamps import Stamp
from modelfleet.reporting.views import find_standings

__all__ = ["STATE_SCHEMA", "QualityState", "take_state"]

STATE_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "standing": pl.String(),
        "reasons": pl.List(pl.String),
        "coverage": pl.Float64(),
        "rejected_rows": pl.Int64(),
    }
)


@dataclass(frozen=True, kw_only=True)
class QualityState:
    """The state of a fleet's data, as the first run that met it saw it.

    Attributes:
        run: id of that run.
        made: when it began, ISO 8601.
        stamp: of validation: readings by content, metadata, configuration and code.
        settings: digest of the configuration of validation.
        table: id of the table of readings.
        version: of that table.
        first: first step of the fleet's time axis, ISO 8601.
        last: last step of it.
        batches: how many were ingested.
        account: where all rows went, see :class:`modelfleet.fleet.ingest.Account`.
        sensors: one row per known sensor, :data:`STATE_SCHEMA`.
    """

    run: str
    made: str
    stamp: str
    settings: str
    table: str
    version: int
    first: str
    last: str
    batches: int
    account: Mapping[str, Any]
    sensors: pl.DataFrame

    @property
    def key(self) -> str:
        """Equal for runs that found the same.

        The version of the table is left out: joining small files makes a new one of the same rows.
        The account is in, because rows that are only rejected leave no trace in the readings.
        """
        return digest_of(self.stamp, self.table, canonical_json(dict(self.account)))

    def as_dict(self) -> dict[str, Any]:
        """The state as JSON can hold it."""
        return {
            **vars(self),
            "account": dict(self.account),
            "sensors": self.sensors.to_dict(as_series=False),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """What :meth:`as_dict` made.

        Raises:
            TypeError: it is something else.
        """
        sensors = pl.DataFrame(stored.get("sensors"), schema=STATE_SCHEMA)
        return cls(**{**stored, "sensors": sensors})


def take_state(
    readings: ReadingsSource,
    profiles: pl.DataFrame,
    admissions: pl.DataFrame,
    *,
    account: Mapping[str, Any],
    batches: int,
    axis: Axis,
    stamp: Stamp,
    validation: ValidationParameters,
    run: Mapping[str, str],
) -> QualityState:
    """The state as this run found it.

    Args:
        readings: the table.
        profiles: ``sensor_id``, ``coverage``, ``rejected_rows`` of every known sensor.
        admissions: ``sensor_id``, ``admitted``, ``reasons``.
        account: where all rows went.
        batches: how many were ingested.
        axis: the fleet's.
        stamp: of validation.
        validation: its configuration.
        run: ``run_id`` and ``started_at``.
    """
    identity = readings.identity()
    figures = profiles.select("sensor_id", "coverage", "rejected_rows")
    sensors = find_standings(admissions).join(figures, on="sensor_id", how="left")
    return QualityState(
        run=run["run_id"],
        made=run["started_at"],
        stamp=stamp["made_of"],
        settings=digest_of(canonical_json(shaping_parameters(validation))),
        table=str(identity["table_id"]),
        version=int(identity["version"]),
        first=axis.time(axis.first).isoformat(),
        last=axis.end.isoformat(),
        batches=batches,
        account=account,
        sensors=sensors.select(STATE_SCHEMA.names()).cast(STATE_SCHEMA),
    )
