"""Baselines of readings alone, where no release can be relied on.

What a release would be that holds no model and has learned nothing: it is asked as any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import polars as pl

from modelfleet.domain.lineage import canonical_json
from modelfleet.domain.parameters.baseline import BEST, BaselineParameters
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.fleet.ledger import LEDGER_SCHEMA
from modelfleet.fleet.release_content import (
    BASELINE_COLUMNS,
    MODEL_COLUMNS,
    SENSOR_COLUMNS,
    shaping_parameters,
)
from modelfleet.fleet.roster import assign
from modelfleet.fleet.serving_state import STATE_COLUMNS
from modelfleet.fleet.tasks.baseline import BASELINE_SCHEMA
from modelfleet.fleet.tasks.training import CANDIDATE_SCHEMA

__all__ = ["Provisional"]

MODELS = {**CANDIDATE_SCHEMA, "specification": pl.String()}


@dataclass(frozen=True)
class Provisional:
    """The tables of a release that holds the configured baseline of each sensor and nothing else.

    Attributes:
        tables: by name.
        contents: the files that say what it is.
        rid: a release has a name; nobody sees this one.
    """

    tables: Mapping[str, pl.DataFrame]
    contents: Mapping[str, bytes]
    rid: str = field(default="")

    @classmethod
    def of(
        cls,
        sensors: pl.DataFrame,
        *,
        last: datetime,
        reason: str,
        fleet: FleetParameters,
        baseline: BaselineParameters,
    ) -> Self:
        """Baselines as the configuration gives them; the first candidate stands for the best.

        Rules need no place in it: they replace models by backups, and there are no models.

        Args:
            sensors: ``sensor_id``, ``cohort`` and what is known of the metadata.
            last: the step before the first one to forecast.
            reason: code that is told beside each forecast.
            fleet: grid, clock and horizon.
            baseline: who gets which.
        """
        chosen = {
            sensor_id: baseline.candidates[0] if name == BEST else name
            for sensor_id, name in assign(sensors, baseline.assign).items()
        }
        ids = sensors.select("sensor_id").sort("sensor_id")
        names = pl.col("sensor_id").replace_strict(chosen, return_dtype=pl.String)
        serves = sensors.select(
            "sensor_id",
            "cohort",
            outcome=pl.lit("backup"),
            serves=pl.lit("baseline"),
            reasons=pl.lit([reason]),
        )
        tables = {
            "sensors": _filled(sensors, SENSOR_COLUMNS, STATE_COLUMNS),
            "serves": _filled(serves, LEDGER_SCHEMA.names(), LEDGER_SCHEMA),
            "baselines": _filled(
                ids.with_columns(baseline=names, trained_to=pl.lit(last)),
                BASELINE_COLUMNS,
                BASELINE_SCHEMA,
            ),
            "models": pl.DataFrame(schema={name: MODELS[name] for name in MODEL_COLUMNS}),
        }
        shape = canonical_json(shaping_parameters(fleet, baseline, RuleParameters()))
        return cls(tables, {"sensors.parquet": b"", "configuration.json": shape.encode()})

    def table(self, name: str) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.serving.content.ReleaseTables`."""
        return self.tables[name]


def _filled(
    table: pl.DataFrame, columns: tuple[str, ...] | list[str], kinds: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    """These columns, in these kinds where they have one; what is missing is null."""
    wanted = dict.fromkeys([*columns, *(kinds if kinds is STATE_COLUMNS else ())])
    return table.select(
        (pl.col(name) if name in table.columns else pl.lit(None).alias(name)).cast(
            kinds.get(name, LIMITS.get(name, pl.String()))
        )
        for name in wanted
    )


LIMITS: Mapping[str, pl.DataType] = dict.fromkeys(
    ("lower_limit", "upper_limit", "rule_value"), pl.Float64()
)
