"""Companions of the whole fleet, such as the weather, on the fleet's grid."""

import logging

import polars as pl

from modelfleet.domain.errors import DataError
from modelfleet.domain.features import Covariates
from modelfleet.domain.parameters.ingestion import CovariateLayout
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.ingest.clock import to_utc
from modelfleet.fleet.ingest.layout import require_columns

__all__ = ["covariate_arrays", "read_covariates"]

logger = logging.getLogger(__name__)


def read_covariates(raw: pl.DataFrame, layout: CovariateLayout) -> pl.DataFrame:
    """Bring covariates into one shape: ``timestamp`` (UTC) and one column each, sorted.

    Raises:
        SchemaError: a column is missing.
        DataError: a time stands in more than one row.
    """
    needed = [layout.timestamp, *layout.columns]
    require_columns(raw.columns, needed, what="raw covariates", setting="ingestion.covariates")
    stamps = raw.select(
        pl.col(layout.timestamp).alias("timestamp"),
        pl.lit("").alias("sensor_id"),
        *(pl.col(name).cast(pl.Float64) for name in layout.columns),
    )
    if stamps.is_empty():
        stamps = stamps.with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))
    table = to_utc(stamps, zone=layout.time_zone, what="raw covariates")
    readable = table.filter(pl.col("time_fault").is_null() & pl.col("time").is_not_null())
    if readable.height < table.height:
        lost = table.height - readable.height
        logger.warning("covariates: %d rows have no time that can be told, left out", lost)
    table = readable.select(pl.col("time").alias("timestamp"), *layout.columns)
    twice = int(table["timestamp"].is_duplicated().sum())
    if twice:
        raise DataError(f"raw covariates: {twice} rows share their time with another; keep one")
    return table.sort("timestamp")


def covariate_arrays(table: pl.DataFrame, axis: Axis) -> Covariates | None:
    """Covariates as arrays on the grid, or ``None`` where the fleet has none."""
    names = [name for name in table.columns if name != "timestamp"]
    if not names or table.is_empty():
        return None
    index = table.select(axis.index_of("timestamp"))["timestamp"]
    grid = pl.DataFrame({"timestamp": range(int(index[0]), int(index[-1]) + 1)})
    aligned = grid.join(table.with_columns(timestamp=index), on="timestamp", how="left")
    values = aligned.select(pl.col(names).cast(pl.Float64)).fill_null(float("nan")).to_numpy()
    return Covariates(int(index[0]), tuple(names), values.copy(order="C"))
