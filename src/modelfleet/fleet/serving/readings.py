"""Recent readings as people and machines hand them in, judged as ingestion would judge them.

What makes all of them doubtful, such as times without a zone, is refused. What concerns one row or
one sensor is left out and told in words beside that sensor's forecasts.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from modelfleet.domain.errors import DataError, SchemaError, listing
from modelfleet.fleet.ingest.clock import OFFSET, to_grid, to_utc
from modelfleet.fleet.ingest.identity import one_form
from modelfleet.fleet.ingest.reasons import REASON, because
from modelfleet.fleet.ingest.values import to_numbers
from modelfleet.fleet.serving.faults import as_faults

if TYPE_CHECKING:
    import pandas as pd  # takes a second to load, and is not needed

__all__ = ["Judged", "first_steps", "judge_readings", "read_covariates", "scan_readings"]

logger = logging.getLogger(__name__)

COLUMNS = ("sensor_id", "timestamp", "value")
WHAT = "readings"


@dataclass(frozen=True)
class Judged:
    """Readings that can be used, and what became of the others.

    Attributes:
        rows: ``sensor`` (position among the known ones), ``step`` of the grid, ``number``.
        unknown: ids that the release does not know, sorted.
        named: positions of the known sensors that any row names.
        faults: rows that were left out: ``sensor``, ``step``, null without a time, and ``reason``.
    """

    rows: pl.DataFrame
    unknown: tuple[str, ...]
    named: frozenset[int]
    faults: pl.DataFrame


def judge_readings(
    readings: "pl.DataFrame | pl.LazyFrame | pd.DataFrame",
    known: Sequence[str],
    *,
    step_minutes: int,
) -> Judged:
    """Bring readings to the grid.

    Args:
        readings: ``sensor_id``, ``timestamp``, ``value``, in any order; other columns are ignored.
        known: ids of the release.
        step_minutes: of the grid.

    Raises:
        SchemaError: a column is missing or of the wrong kind, or a time tells no zone.
    """
    frame = _frame(readings)
    ids = frame["sensor_id"]
    codes, strangers = _coded(ids, known)
    timed = _timed(frame.select("timestamp", "value")).with_columns(codes.alias("sensor"))
    placed = to_grid(
        to_numbers(timed.lazy(), what=WHAT), step_minutes=step_minutes, tolerance_minutes=0
    )
    begun = pl.col("time").dt.epoch("us") // (step_minutes * 60_000_000)
    judged = placed.select(
        "sensor",
        begun.alias("step"),  # of what lies between two steps, the one that has begun
        "number",
        reason=pl.coalesce(
            because(pl.col("timestamp").is_null(), "missing_timestamp"),
            "time_fault",
            "value_fault",
            because(pl.col("off_grid"), "off_grid"),
        ),
    ).collect()
    if nameless := ids.null_count():
        logger.warning("readings: %d rows left out, missing_sensor_id", nameless)
    fine = judged.filter(
        pl.col("reason").is_null() & pl.col("sensor").is_not_null() & pl.col("number").is_not_null()
    )
    named = frozenset(codes.unique().drop_nulls().to_list())
    faulty = judged.filter(pl.col("reason").is_not_null() & pl.col("sensor").is_not_null())
    return Judged(fine.drop("reason"), tuple(strangers), named, as_faults(faulty))


def scan_readings(readings: "pl.DataFrame | pl.LazyFrame | pd.DataFrame") -> pl.LazyFrame:
    """Readings of which one stretch of time after the other can be looked at.

    Args:
        readings: as :func:`judge_readings` takes them, with times, not texts.

    Returns:
        the same three columns, ``timestamp`` in UTC.

    Raises:
        SchemaError: a column is missing or of the wrong kind, or times are texts or name no zone.
    """
    if isinstance(readings, pl.LazyFrame):
        _frame(readings.head(0))
        scan = readings.select(COLUMNS)
    else:
        scan = _frame(readings).lazy()
    kind, utc = scan.collect_schema()["timestamp"], pl.Datetime("us", "UTC")
    if kind != pl.Null and not getattr(kind, "time_zone", None):
        raise SchemaError(
            f"{WHAT}: timestamp is {kind}, but what was known at a time can only be told of times "
            "with a zone; convert them first, for example with .str.to_datetime(time_zone='UTC')"
        )
    return scan if kind == utc else scan.with_columns(pl.col("timestamp").cast(utc))


def first_steps(part: pl.DataFrame, ids: Sequence[str], *, step_minutes: int) -> dict[str, int]:
    """The grid index at which each of some ids is first named.

    Args:
        part: from :func:`scan_readings`.
        ids: in the form that :func:`judge_readings` tells.
        step_minutes: of the grid.
    """
    if not ids:
        return {}
    step = pl.col("timestamp").min().dt.epoch("us") // (step_minutes * 60_000_000)
    named = part.select(one_form(part["sensor_id"]).alias("id"), "timestamp")
    found = named.filter(pl.col("id").is_in(list(ids))).group_by("id").agg(step)
    return dict(found.iter_rows())


def _coded(ids: pl.Series, known: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """The position of each row's sensor, null where it is not known, and the unknown ids, sorted.

    Most readings come sensor after sensor: then few texts are looked at, not millions.
    """
    begins = ids.ne_missing(ids.shift(1)) | pl.Series(np.arange(len(ids)) == 0)
    heads = one_form(ids.filter(begins))
    codes = heads.cast(pl.Enum(known), strict=False).to_physical().cast(pl.UInt32)
    strangers = heads.filter(codes.is_null()).drop_nulls().unique().sort()
    return codes.gather(begins.cast(pl.UInt32).cum_sum() - 1), strangers


def _frame(readings: Any) -> pl.DataFrame:
    """The three columns as Polars has them."""
    if isinstance(readings, pl.LazyFrame):
        readings = readings.collect()
    columns = getattr(readings, "columns", None)
    if columns is None:
        kind = type(readings).__name__
        raise SchemaError(f"{WHAT} are a {kind}; give a Polars or pandas frame")
    missing = [name for name in COLUMNS if name not in list(columns)]
    if missing:
        raise SchemaError(
            f"{WHAT} have no column {listing(missing)}, but {listing(map(str, columns))}; "
            f"{listing(COLUMNS)} are needed"
        )
    if not isinstance(readings, pl.DataFrame):
        readings = _from_pandas(readings[list(COLUMNS)])
    frame: pl.DataFrame = readings.select(COLUMNS)
    _check_ids(frame["sensor_id"])
    return frame


def _from_pandas(table: "pd.DataFrame") -> pl.DataFrame:
    try:
        return pl.from_pandas(table.reset_index(drop=True), nan_to_null=True)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        first = str(error).splitlines()[0]
        raise SchemaError(
            f"{WHAT}: a column mixes kinds, such as text and numbers or times with and without a "
            f"zone ({first}); write each column one way"
        ) from error


def _check_ids(ids: pl.Series) -> None:
    texts = (pl.String, pl.Categorical, pl.Enum, pl.Null)
    if not isinstance(ids.dtype, texts):
        raise SchemaError(
            f"{WHAT}: sensor_id is {ids.dtype}, such as {listing(ids.head(2))}; ids are text, or "
            "'007' and '7' become one sensor"
        )


def _timed(frame: pl.DataFrame) -> pl.DataFrame:
    """With ``time`` in UTC and ``time_fault``; a time without a zone is refused, never guessed."""
    stamps = frame["timestamp"]
    if isinstance(stamps.dtype, pl.Null) or getattr(stamps.dtype, "time_zone", None):
        time = pl.col("timestamp").cast(pl.Datetime("us", "UTC"))
        return frame.with_columns(time=time, time_fault=pl.lit(None, dtype=REASON))
    if isinstance(stamps.dtype, pl.String):
        naive = stamps.filter(~stamps.str.contains(OFFSET)).drop_nulls()
    elif isinstance(stamps.dtype, pl.Datetime):
        naive = stamps.drop_nulls()
    else:
        raise SchemaError(
            f"{WHAT}: timestamp is {stamps.dtype}, such as {listing(stamps.head(1))}; give times "
            "with a zone, or text such as 2018-01-31T13:00:00Z"
        )
    if len(naive):
        raise SchemaError(
            f"{WHAT}: {'the' if len(naive) == len(stamps) else len(naive)} timestamps name no time "
            f"zone, such as {str(naive[0])!r}; say which, for example with "
            ".dt.replace_time_zone('UTC'), or write 2018-01-31T13:00:00Z"
        )
    return to_utc(frame, zone=None, what=WHAT)


def read_covariates(covariates: Any, step_minutes: int) -> pl.DataFrame:
    """Companions of the fleet as ingestion keeps them: ``timestamp`` in UTC and a column each.

    Raises:
        SchemaError: there is no ``timestamp``, or its times name no zone, or a column is no number.
        DataError: a time misses the grid or stands in two rows.
    """
    if isinstance(covariates, pl.LazyFrame):
        covariates = covariates.collect()
    columns = list(getattr(covariates, "columns", ()))
    if "timestamp" not in columns:
        raise SchemaError(f"covariates have no column 'timestamp', but {listing(columns)}")
    table = covariates if isinstance(covariates, pl.DataFrame) else _from_pandas(covariates)
    kinds = {name: table[name].dtype for name in columns if name != "timestamp"}
    wrong = sorted(f"{name} ({kind})" for name, kind in kinds.items() if not kind.is_numeric())
    if wrong:
        raise SchemaError(f"covariates: {listing(wrong)} are no numbers")
    placed = to_grid(_timed(table).lazy(), step_minutes=step_minutes, tolerance_minutes=0).collect()
    time = pl.col("time")
    lost = placed.filter(pl.col("off_grid") | time.is_null() | time.is_duplicated())
    if lost.height:
        raise DataError(
            f"covariates: {lost.height} times are missing, stand in two rows or miss the step of "
            f"{step_minutes} minutes, such as {str(lost['timestamp'][0])!r}"
        )
    return placed.select(pl.col("time").alias("timestamp"), *kinds).sort("timestamp")
