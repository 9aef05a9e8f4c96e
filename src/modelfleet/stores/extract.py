"""A stretch of time out of a Delta table, by what its log says of each file."""

from datetime import datetime
from urllib.parse import unquote

import polars as pl

from modelfleet.domain.errors import DataError
from modelfleet.fleet.extract import Extract
from modelfleet.stores.delta import open_table

__all__ = ["extract_period"]

TIME = "timestamp"


def extract_period(path: str, version: int, since: datetime | None, until: datetime) -> Extract:
    """Rows from a time on, before another.

    Files that hold nothing of the period are not opened; within the others, row groups are skipped
    by their statistics.

    Args:
        path: of the table.
        version: of it.
        since: ``None`` is the beginning.
        until: the first time that is not wanted.
    """
    table = open_table(path, version=version)
    if table is None:
        raise DataError(f"there is no version {version} of {path}; run the ingestion stage")
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    kept = actions.filter(_may_hold(actions.columns, since, until)).sort("path")
    places = [f"{path}/{unquote(name)}" for name in kept["path"]]
    asked = pl.col(TIME) < until
    if since is not None:
        asked &= pl.col(TIME) >= since
    rows = pl.scan_parquet(places, hive_partitioning=False, glob=False) if places else NOTHING
    return Extract(rows.filter(asked), len(places), int(kept["size_bytes"].sum()), actions.height)


NOTHING = pl.LazyFrame(
    schema={"sensor_id": pl.String, TIME: pl.Datetime("us", "UTC"), "value": pl.Float64}
)


def _may_hold(columns: list[str], since: datetime | None, until: datetime) -> pl.Expr:
    """Whether a file may hold rows of the period; one without statistics may."""
    low, high = (
        pl.col(f"{end}.{TIME}").cast(pl.Datetime("us", "UTC"))
        if f"{end}.{TIME}" in columns
        else pl.lit(None, dtype=pl.Datetime("us", "UTC"))
        for end in ("min", "max")
    )
    inside = low < until
    if since is not None:
        inside &= high >= since
    return inside.fill_null(value=True)
