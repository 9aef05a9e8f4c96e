"""A sensor that sends on a finer grid than the fleet's: its rows become one value per step."""

import polars as pl

from modelfleet.domain.parameters.ingestion import Aggregation
from modelfleet.fleet.ingest.places import in_order, place_of
from modelfleet.fleet.ingest.repetitions import mark_repetitions

__all__ = ["aggregate_finer"]

FINEST = 60_000_000
"""A minute: no finer grid is looked for."""

REGULAR = 0.5
"""More than this share of a finer grid is filled; a clock that drifts fills one place per step."""

FINER = "finer"


def aggregate_finer(
    frame: pl.DataFrame,
    senders: pl.DataFrame,
    *,
    aggregation: Aggregation,
    step_minutes: int,
) -> pl.DataFrame:
    """Aggregate the rows of sensors whose grid is finer than the fleet's.

    A row at 13:45 counts for the step of 13:00. The first row of a step carries the value of all
    and the others are ``merged`` into it. Where fewer than ``min_share`` of the step's rows have a
    value, the step's value is missing.

    Args:
        frame: from :func:`~modelfleet.fleet.ingest.judgement.judge_rows`.
        senders: ``kind`` of each sensor, in the order of the sensors' positions.
        aggregation: how values of a step become one.
        step_minutes: of the fleet's grid.

    Returns:
        the frame with ``merged`` and ``repeats``; of sensors with a finer grid, ``off_grid`` is no
        reason any more.
    """
    step = step_minutes * 60_000_000
    finer = _finer_grids(frame, step)
    if finer.is_empty():
        return frame.with_columns(merged=pl.lit(value=False), repeats=pl.lit(value=False))
    kinds = senders.select(kind="kind").with_row_index("sensor")
    methods = finer.join(kinds, on="sensor", how="left").with_columns(
        method=pl.col("kind").replace_strict(
            aggregation.kinds, default=aggregation.method, return_dtype=pl.String
        )
    )
    joined = frame.join(methods.drop("kind"), on="sensor", how="left", maintain_order="left")
    concerned = pl.col(FINER).is_not_null() & (
        pl.col("reason").is_null() | (pl.col("reason") == "off_grid")
    )
    others = joined.filter(~concerned).with_columns(
        merged=pl.lit(value=False), repeats=pl.lit(value=False)
    )
    merged = _merge(joined.filter(concerned), aggregation.min_share, step)
    return pl.concat([others.select(merged.columns), merged])


def _finer_grids(frame: pl.DataFrame, step: int) -> pl.DataFrame:
    """Sensors that fill a finer grid, and its step in microseconds."""
    off = frame.filter(pl.col("reason") == "off_grid")["sensor"].unique()
    if off.is_empty():
        return pl.DataFrame(schema={"sensor": pl.UInt32, FINER: pl.Int64})
    sound = pl.col("reason").is_null() | (pl.col("reason") == "off_grid")
    stamp = pl.col("time").dt.epoch("us")
    rows = frame.filter(sound & pl.col("sensor").is_in(off.implode()))
    places = rows.select("sensor", step=stamp // step, offset=stamp % step).unique()
    # The coarsest finer grid that all times lie on: 15 minutes for offsets of 0, 15, 30 and 45.
    sizes = [step // n for n in range(2, step // FINEST + 1) if step % n == 0]
    fits = [pl.when((pl.col("offset") % size == 0).all()).then(size) for size in sizes]
    grids = places.group_by("sensor").agg(
        pl.coalesce(*fits, pl.lit(None, dtype=pl.Int64)).alias(FINER),
        filled=pl.len() / pl.col("step").n_unique(),
    )
    return grids.filter(pl.col("filled") > REGULAR * step / pl.col(FINER)).select("sensor", FINER)


def _merge(rows: pl.DataFrame, min_share: float, step: int) -> pl.DataFrame:
    """One value per step, after repetitions within the finer grid were told apart."""
    stamp = pl.col("time").dt.epoch("us")
    placed = rows.with_columns(
        place=place_of(pl.col("sensor"), stamp // FINEST), reason=pl.lit(None, rows["reason"].dtype)
    )
    told = mark_repetitions(in_order(placed)).with_columns(step=stamp // step)
    counts = pl.col("reason").is_null() & ~pl.col("repeats")
    number = pl.when(counts).then("number")
    group = ["sensor", "step"]
    value = pl.coalesce(
        pl.when(pl.col("method") == method).then(getattr(number, how)().over(group))
        for method, how in METHODS.items()
    )
    enough = number.count().over(group) >= min_share * (step / pl.col(FINER))
    first = pl.col("row").filter(counts).min().over(group)
    return told.with_columns(
        number=pl.when(counts & enough).then(value).otherwise(pl.when(~counts).then("number")),
        merged=counts & (pl.col("row") != first),
        moved=pl.lit(value=False),
    ).drop("place", FINER, "method")


METHODS = {"mean": "mean", "sum": "sum", "min": "min", "max": "max"}
