"""The lineage of what a run's release holds: new rows for what it made, old ones for what stays."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from modelfleet.fleet.axis import Axis
from modelfleet.fleet.lineage.schema import BASELINE, LINEAGE_SCHEMA, MODEL, model_rows
from modelfleet.fleet.lineage.sources import Sources

__all__ = ["lineage_rows"]

KEY = ("sensor_id", "version")
BOUNDS = {"sensor_id": pl.String(), "first": pl.Int64(), "stop": pl.Int64()}


def lineage_rows(
    models: pl.DataFrame,
    baselines: pl.DataFrame,
    serves: pl.DataFrame,
    shards: pl.DataFrame,
    *,
    training: Sources,
    backups: Sources,
    facts: Mapping[str, Any],
    before: pl.DataFrame,
) -> pl.DataFrame:
    """One row per model and per baseline of a release.

    Args:
        models: of the release: ``sensor_id``, ``version``, ``trained_from``, ``trained_to``,
            ``rows``.
        baselines: likewise, with ``readings`` for ``rows``.
        serves: ``sensor_id``, ``serves``.
        shards: ``sensor_id``, ``shard``.
        training: what the models of this run learned from.
        backups: what the baselines learned from.
        facts: of the run and its release: the columns from ``run_id`` to ``release``.
        before: lineage of what is live; models that stay are carried over with their rows.

    Returns:
        :data:`~modelfleet.fleet.lineage.schema.LINEAGE_SCHEMA`, sorted by sensor and kind.
    """
    stay = serves.filter(pl.col("serves") == "champion").select("sensor_id")
    made = model_rows(models.join(stay, on="sensor_id", how="anti"), kind=MODEL)
    kept = models.join(stay, on="sensor_id", how="semi").select(KEY)
    carried = before.filter(pl.col("kind") == MODEL).join(kept, on=KEY, how="semi")
    parts = [
        _traced(made, shards, training, facts),
        _traced(model_rows(baselines, kind=BASELINE), shards, backups, facts),
        carried.select(LINEAGE_SCHEMA.names()),
    ]
    return pl.concat(parts).sort("sensor_id", "kind")


def _traced(
    rows: pl.DataFrame, shards: pl.DataFrame, sources: Sources, facts: Mapping[str, Any]
) -> pl.DataFrame:
    """Rows of what this run made, with all that is known of it."""
    known = {**facts, "made_at": datetime.fromisoformat(facts["made_at"]), "reason": None}
    digests = {int(shard): digest for shard, digest in sources["shards"].items()}
    return (
        rows.join(
            shards.select("sensor_id", pl.col("shard").cast(pl.Int64)), on="sensor_id", how="left"
        )
        .join(_left_out(sources), on="sensor_id", how="left")
        .with_columns(
            pl.col("excluded").fill_null(pl.lit([], dtype=LINEAGE_SCHEMA["excluded"])),
            table_id=pl.lit(sources.get("table_id"), dtype=pl.String),
            table_version=pl.lit(sources.get("version"), dtype=pl.Int64),
            shard_digest=pl.col("shard").replace_strict(
                digests, default=None, return_dtype=pl.String
            ),
            **{name: pl.lit(value, dtype=LINEAGE_SCHEMA[name]) for name, value in known.items()},
        )
        .select(LINEAGE_SCHEMA.names())
        .cast(LINEAGE_SCHEMA)
    )


def _left_out(sources: Sources) -> pl.DataFrame:
    """Periods as times, by sensor."""
    axis = Axis(**sources["axis"])
    flat = [(name, *period) for name, periods in sources["excluded"].items() for period in periods]
    bounds = pl.DataFrame(flat, schema=BOUNDS, orient="row")
    seconds = pl.col("first", "stop") * (axis.step_minutes * 60)
    times = bounds.with_columns(
        pl.from_epoch(seconds, "s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )
    pairs = times.select("sensor_id", excluded=pl.concat_list("first", "stop"))
    return pairs.group_by("sensor_id", maintain_order=True).agg("excluded")
