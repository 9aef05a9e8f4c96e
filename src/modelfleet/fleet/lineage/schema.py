"""The table that lies beside a release: one row per model and per baseline that it holds."""

import io

import polars as pl

from modelfleet.fleet.profiles import TIME

__all__ = [
    "BASELINE",
    "LINEAGE_SCHEMA",
    "MODEL",
    "model_rows",
    "read_lineage",
    "unknown_lineage",
]

MODEL, BASELINE = "model", "baseline"

LINEAGE_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "kind": pl.String(),
        "version": pl.String(),
        "table_id": pl.String(),
        "table_version": pl.Int64(),
        "shard": pl.Int64(),
        "shard_digest": pl.String(),
        "trained_from": TIME,
        "trained_to": TIME,
        "rows": pl.Int64(),
        "excluded": pl.List(pl.List(TIME)),
        "run_id": pl.String(),
        "made_at": TIME,
        "configuration": pl.String(),
        "code": pl.String(),
        "lock": pl.String(),
        "environment": pl.String(),
        "release": pl.String(),
        "reason": pl.String(),
    }
)
"""``kind`` is ``model`` or ``baseline``; ``version`` its digest. ``table_id`` and ``table_version``
name the readings it learned from, ``shard_digest`` their content in its ``shard``. ``trained_from``
to ``trained_to`` are the first and last of its ``rows`` usable steps (for a baseline: readings);
``excluded`` are the periods that were left out of its sensor's history, each from its first step up
to the step after its last. ``run_id`` and ``made_at`` are of the run that made it;
``configuration`` is the digest of that run's ``configuration.json``, ``code`` that of its sources,
``lock`` that of its pinned versions. ``release`` is the one that first held it: a model that goes
on serving is carried over with its row. What is not known is null, and ``reason`` says why."""

OLD = "release {} was made before lineage was recorded"


def model_rows(models: pl.DataFrame, *, kind: str) -> pl.DataFrame:
    """What a release's table of models, or of baselines, says of each of them."""
    rows = models.rename({"readings": "rows"}, strict=False) if kind == BASELINE else models
    columns = [
        n for n in ("sensor_id", "version", "trained_from", "trained_to", "rows") if n in rows
    ]
    return rows.filter(pl.col("version").is_not_null()).select(columns, kind=pl.lit(kind))


def unknown_lineage(models: pl.DataFrame, baselines: pl.DataFrame, *, rid: str) -> pl.DataFrame:
    """The lineage of a release that has none: what it says itself, and why nothing more is known.

    Args:
        models: table of the release.
        baselines: likewise.
        rid: its name.
    """
    parts = [model_rows(models, kind=MODEL), model_rows(baselines, kind=BASELINE)]
    known = pl.concat(parts, how="diagonal_relaxed").with_columns(
        reason=pl.lit(OLD.format(rid[:12]))
    )
    return _whole(known)


def read_lineage(content: bytes) -> pl.DataFrame:
    """The table as it was attached, perhaps by a version that knew other columns."""
    return _whole(pl.read_parquet(io.BytesIO(content)))


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in :data:`LINEAGE_SCHEMA`, null where a column is missing."""
    every = pl.concat([pl.DataFrame(schema=LINEAGE_SCHEMA), rows], how="diagonal_relaxed")
    return every.select(LINEAGE_SCHEMA.names()).cast(LINEAGE_SCHEMA)
