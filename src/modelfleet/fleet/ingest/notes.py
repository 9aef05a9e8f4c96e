"""What is missing or odd in the metadata of the sensors: told, counted, and no reason to stop."""

import logging

import polars as pl

from modelfleet.domain.errors import listing
from modelfleet.domain.parameters.ingestion import SensorLayout
from modelfleet.fleet.ingest.sensors import UNREGISTERED

__all__ = ["NOTES_SCHEMA", "note_sensors"]

logger = logging.getLogger(__name__)

NOTES_SCHEMA = pl.Schema(
    {"sensor_id": pl.String(), "note": pl.String(), "detail": pl.String()},
)


def note_sensors(sensors: pl.DataFrame, layout: SensorLayout) -> pl.DataFrame:
    """Look through the metadata of the fleet.

    Args:
        sensors: from :func:`~modelfleet.fleet.ingest.sensors.complete_fleet`.
        layout: which columns the metadata have.

    Returns:
        :data:`NOTES_SCHEMA`, one row per sensor and note, sorted. Each kind of note is also logged
        once, with the number of sensors.
    """
    known = pl.col("registered")
    nothing = pl.lit("")
    found = [
        _note(sensors, "no_metadata", ~known, nothing),
        _note(sensors, "no_kind", known & pl.col("kind").is_null(), nothing),
        _note(sensors, "no_unit", known & pl.col("unit").is_null(), nothing),
        _note(sensors, "no_cohort", known & (pl.col("cohort") == UNREGISTERED), nothing),
        *(
            _note(sensors, "no_limit", known & pl.col(limit).is_null(), pl.lit(limit))
            for limit in ("lower_limit", "upper_limit")
            if getattr(layout, limit) is not None
        ),
        _other_units(sensors),
        _note(
            sensors,
            "unknown_former_id",
            ~pl.col("renamed_from").is_in(sensors["sensor_id"].implode()),
            pl.col("renamed_from"),
        ),
    ]
    notes = pl.concat(found).sort("sensor_id", "note", "detail")
    for code, among in sorted(notes.group_by("note").agg("sensor_id").iter_rows()):
        ids = sorted(set(among))
        logger.warning(
            "metadata: %s for %d sensors: %s; see sensor_notes in the catalog",
            code,
            len(ids),
            listing(ids),
        )
    return notes


def _note(sensors: pl.DataFrame, code: str, among: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    chosen = sensors.filter(among.fill_null(value=False))
    return chosen.select("sensor_id", note=pl.lit(code), detail=detail).cast(NOTES_SCHEMA)


def _other_units(sensors: pl.DataFrame) -> pl.DataFrame:
    """Sensors whose unit is not the one that most of their kind have."""
    given = sensors.drop_nulls(["kind", "unit"])
    counted = given.group_by("kind", "unit").agg(count=pl.len())
    usual = counted.sort(["count", "unit"], descending=[True, False]).group_by("kind").first()
    table = given.join(usual.select("kind", usual="unit"), on="kind")
    text = pl.format("{}; most of kind {} have {}", "unit", "kind", "usual")
    return _note(table, "another_unit", pl.col("unit") != pl.col("usual"), text)
