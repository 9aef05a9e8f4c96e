"""The fleet: sensors with metadata, and those that only their readings tell of."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from modelfleet.domain.errors import SchemaError, listing
from modelfleet.domain.parameters.ingestion import SensorLayout
from modelfleet.fleet.ingest.identity import one_form
from modelfleet.fleet.ingest.layout import require_columns
from modelfleet.fleet.shards import with_shard

__all__ = ["UNREGISTERED", "complete_fleet", "register_sensors"]

UNREGISTERED = "unregistered"
"""Cohort of sensors that send readings and stand in no metadata."""

OPTIONAL: Mapping[str, pl.DataType] = {
    "lower_limit": pl.Float64(),
    "upper_limit": pl.Float64(),
    "rule_value": pl.Float64(),
}


def register_sensors(raw: pl.DataFrame, layout: SensorLayout) -> pl.DataFrame:
    """Bring the metadata into one shape; further columns stay.

    Returns:
        ``sensor_id``, ``kind``, ``unit``, ``cohort``, ``lower_limit``, ``upper_limit``,
        ``rule_value`` and all other columns of the source.

    Raises:
        SchemaError: a column is missing, an id is missing or stands twice.
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
    table = table.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in OPTIONAL.items()
        if name not in table.columns
    )
    table = table.with_columns(sensor_id=one_form(table["sensor_id"]))
    _check_ids(table["sensor_id"])
    table = table.with_columns(
        pl.col("sensor_id", "kind", "unit").cast(pl.String),
        *(_numbers(table, name).alias(name) for name in OPTIONAL),
    )
    _check_limits(table)
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


def _numbers(table: pl.DataFrame, name: str) -> pl.Series:
    """A column as numbers.

    Raises:
        SchemaError: names the sensors whose entry is none.
    """
    column = table[name]
    numbers = column.cast(pl.Float64, strict=False)
    wrong = table.filter(numbers.is_null() & column.is_not_null())
    if wrong.height:
        raise SchemaError(
            f"raw sensors: {name} of sensor {listing(wrong['sensor_id'])} is no number, such as "
            f"{wrong[name][0]!r}; correct it"
        )
    return numbers


def _check_limits(table: pl.DataFrame) -> None:
    crossed = table.filter(pl.col("lower_limit") > pl.col("upper_limit"))
    if crossed.height:
        raise SchemaError(
            f"raw sensors: the lower limit of sensor {listing(crossed['sensor_id'])} is above its "
            "upper limit; correct them"
        )


def _check_ids(ids: pl.Series) -> None:
    if ids.null_count():
        raise SchemaError(f"raw sensors: {ids.null_count()} rows have no sensor id; name them")
    twice = ids.filter(ids.is_duplicated()).unique().sort().to_list()
    if twice:
        raise SchemaError(
            f"raw sensors: sensor id {listing(twice)} stands in more than one row; keep one of each"
        )
