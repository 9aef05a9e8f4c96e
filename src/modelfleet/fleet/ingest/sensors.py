"""The fleet: sensors with metadata, and those that only their readings tell of."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from modelfleet.domain.errors import SchemaError, listing
from modelfleet.domain.parameters.ingestion import SensorLayout
from modelfleet.fleet.ingest.identity import one_form
from modelfleet.fleet.ingest.layout import require_columns
from modelfleet.fleet.ingest.metadata import check_ids, check_limits, check_renames, finite_numbers
from modelfleet.fleet.shards import with_shard

__all__ = ["UNREGISTERED", "complete_fleet", "register_sensors"]

UNREGISTERED = "unregistered"
"""Cohort of sensors that stand in no metadata, or whose metadata lack a column of the cohort."""

NUMBERS = ("lower_limit", "upper_limit", "rule_value")
OPTIONAL = (*NUMBERS, "renamed_from")
"""Columns that a fleet's metadata need not have; they are null then."""


def register_sensors(raw: pl.DataFrame, layout: SensorLayout) -> pl.DataFrame:
    """Bring the metadata into one shape; further columns stay.

    Returns:
        ``sensor_id``, ``kind``, ``unit``, ``cohort``, ``lower_limit``, ``upper_limit``,
        ``rule_value``, ``renamed_from`` and all other columns of the source.

    Raises:
        SchemaError: a column is missing; an id is missing or stands twice, also in two Unicode
            forms; a limit is no number, or above its counterpart; a former id is that of two
            sensors, or of the sensor itself.
    """
    chosen = {name: getattr(layout, name) for name in OPTIONAL}
    named = {layout.sensor_id: "sensor_id", layout.kind: "kind", layout.unit: "unit"}
    named |= {column: name for name, column in chosen.items() if column is not None}
    needed = [*named, *layout.cohort_by]
    require_columns(raw.columns, needed, what="raw sensors", setting="ingestion.sensors")
    _check_columns(raw.columns, named)
    cohort = pl.concat_str(
        [pl.col(name).cast(pl.String) for name in layout.cohort_by], separator="/"
    )
    table = raw.with_columns(cohort=cohort.fill_null(UNREGISTERED)).rename(named)
    absent = [name for name in OPTIONAL if name not in table.columns]
    table = table.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    check_ids(table["sensor_id"])
    table = table.with_columns(
        pl.col("kind", "unit").cast(pl.String),
        *(one_form(table[name]).alias(name) for name in ("sensor_id", "renamed_from")),
        *(finite_numbers(table, name).alias(name) for name in NUMBERS),
    )
    check_limits(table)
    check_renames(table)
    return table


def complete_fleet(
    registered: pl.DataFrame, heard: Collection[str], *, shards: int
) -> pl.DataFrame:
    """All known sensors: the registered ones and those that were heard of in readings.

    Returns:
        the registered columns plus ``registered`` and ``shard``, sorted by ``sensor_id``.
    """
    strangers = sorted(set(heard) - set(registered["sensor_id"]))
    unknown = pl.DataFrame(
        {"sensor_id": strangers, "cohort": [UNREGISTERED] * len(strangers)},
        schema={"sensor_id": pl.String, "cohort": pl.String},
    )
    known = registered.with_columns(registered=pl.lit(value=True))
    table = pl.concat(
        [known, unknown.with_columns(registered=pl.lit(value=False))], how="diagonal_relaxed"
    )
    return with_shard(table, shards).sort("sensor_id")


def _check_columns(columns: Sequence[str], named: Mapping[str, str]) -> None:
    """Refuse further columns whose names are those of our own."""
    own = {"sensor_id", "kind", "unit", "cohort", "registered", "shard", *OPTIONAL}
    clashes = sorted(name for name in columns if name in own and named.get(name) != name)
    if clashes:
        raise SchemaError(
            f"raw sensors: column {listing(clashes)} has the name of a column that is made here; "
            "rename it in the file, or name it in ingestion.sensors in parameters_ingestion.yml"
        )
