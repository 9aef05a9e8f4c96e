"""What a release serves, sensor by sensor, with the figures of what serves.

The scorecard tells of candidates and baselines; here stands the one of them that serves. Of a
champion that stays it tells what the gate measured in the champion's own weeks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from modelfleet.fleet.champions import SERVED_BY_MODEL

__all__ = ["SCORECARD", "SERVICE_SCHEMA", "VERDICTS", "Tables", "TablesInHand", "service_of"]

SERVICE_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "cohort": pl.String(),
        "kind": pl.String(),
        "unit": pl.String(),
        "outcome": pl.String(),
        "serves": pl.String(),
        "version": pl.String(),
        "reasons": pl.List(pl.String),
        "recipe": pl.String(),
        "error": pl.Float64(),
        "skill": pl.Float64(),
        "cost": pl.Float64(),
        "currency": pl.String(),
        "champion_version": pl.String(),
        "champion_gain": pl.Float64(),
        "improvement": pl.Float64(),
        "sentence": pl.String(),
    }
)

SCORECARD: Mapping[str, pl.DataType] = {
    "kind": pl.String(),
    "unit": pl.String(),
    "recipe": pl.String(),
    "mae": pl.Float64(),
    "skill": pl.Float64(),
    "baseline_mae": pl.Float64(),
    "cost_without_model": pl.Float64(),
    "cost_baseline": pl.Float64(),
    "cost_candidate": pl.Float64(),
    "currency": pl.String(),
    "sentence": pl.String(),
}
VERDICTS: Mapping[str, pl.DataType] = {
    "champion_version": pl.String(),
    "champion_no_gain_figure": pl.Float64(),
    "worse_than_champion_figure": pl.Float64(),
}


class Tables(Protocol):
    """A release, or what several releases serve together."""

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        ...


@dataclass(frozen=True)
class TablesInHand:
    """Tables that are in memory already.

    Attributes:
        tables: name to table.
    """

    tables: Mapping[str, pl.DataFrame]

    def table(self, name: str) -> pl.DataFrame:
        """One of them."""
        return self.tables[name]


def service_of(tables: Tables) -> pl.DataFrame:
    """One row per sensor, sorted, with the figures of what serves it.

    Args:
        tables: with the tables ``serves``, ``scorecard`` and ``verdicts``.

    Returns:
        :data:`SERVICE_SCHEMA`: what the ledger said; ``error`` (mean absolute, in the sensor's
        unit), ``skill`` over the baseline (0 for a baseline) and yearly ``cost`` of what serves;
        and what the gate measured on the same weeks: ``champion_gain`` of the champion over the
        baseline, ``improvement`` of the candidate on the champion. Null where unknown. The
        cost of a champion is that of its candidate, as in all sums of costs.
    """
    on_model, on_backup = pl.col("serves").is_in(SERVED_BY_MODEL), pl.col("serves") == "baseline"
    champion = pl.col("serves") == "champion"
    skill = (
        pl.when(champion).then("champion_no_gain_figure").when(on_model).then("skill")
    ).otherwise(pl.when(on_backup).then(0.0))
    error = (
        pl.when(champion)
        .then(pl.col("baseline_mae") * (1 - pl.col("champion_no_gain_figure")))
        .when(on_model)
        .then("mae")
        .when(on_backup)
        .then("baseline_mae")
    )
    cost = (
        pl.when(on_model)
        .then("cost_candidate")
        .when(on_backup)
        .then("cost_baseline")
        .otherwise("cost_without_model")
    )
    return (
        tables.table("serves")
        .join(_chosen(tables.table("scorecard"), SCORECARD), on="sensor_id", how="left")
        .join(_chosen(tables.table("verdicts"), VERDICTS), on="sensor_id", how="left")
        .with_columns(
            error=error,
            skill=skill,
            cost=cost,
            champion_gain="champion_no_gain_figure",
            improvement="worse_than_champion_figure",
        )
        .sort("sensor_id")
        .select(SERVICE_SCHEMA.names())
        .cast(SERVICE_SCHEMA)
    )


def _chosen(table: pl.DataFrame, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Some columns of a table; one that an older release did not have yet is null."""
    there = set(table.columns)
    return table.select(
        "sensor_id",
        *(
            pl.col(name).cast(kind) if name in there else pl.lit(None, dtype=kind).alias(name)
            for name, kind in columns.items()
        ),
    )
