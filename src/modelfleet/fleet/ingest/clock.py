"""From what a clock on the wall showed to UTC on the grid."""

import polars as pl

from modelfleet.domain.errors import SchemaError

__all__ = ["to_grid", "to_utc"]

UTC = pl.Datetime("us", "UTC")
OFFSET = r"(Z|[+-]\d{2}:?\d{2})$"
FORMATS = tuple(
    f"%Y-%m-%d{separator}%H:%M{seconds}" for separator in "T " for seconds in ("", ":%S", ":%S%.f")
)


def to_utc(frame: pl.DataFrame, *, zone: str | None, what: str) -> pl.DataFrame:
    """Add ``time`` (UTC) and, where it cannot be told, ``time_fault``.

    Args:
        frame: with ``timestamp`` (text or datetimes) and ``sensor_id``; in the order of the source.
        zone: time zone of stamps that name none.
        what: names the source in errors.

    A stamp in the hour that autumn repeats is told apart by order: of two rows of one sensor, the
    first is the earlier, or the later where its rows run backwards. One row alone, or rows that
    come twice elsewhere too, are ``ambiguous_local_time``; a stamp in the hour that spring
    skips is ``nonexistent_local_time``; text that is no time is ``unreadable_timestamp``.

    Raises:
        SchemaError: no zone is declared, or stamps with and without offset are mixed.
    """
    kind = frame.schema["timestamp"]
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        return frame.with_columns(
            time=pl.col("timestamp").dt.convert_time_zone("UTC").cast(UTC),
            time_fault=pl.lit(None, dtype=pl.String),
        )
    if kind == pl.String:
        if _all_have_offsets(frame, what):
            return _parse_offsets(frame)
        local = pl.coalesce(
            pl.col("timestamp").str.strip_chars().str.to_datetime(f, strict=False, time_unit="us")
            for f in FORMATS
        )
    elif isinstance(kind, pl.Datetime | pl.Date):
        local = pl.col("timestamp").cast(pl.Datetime("us"))
    else:
        raise SchemaError(
            f"{what}: timestamps are {kind}; give text such as 2018-01-31T13:00, or datetimes"
        )
    if zone is None:
        raise SchemaError(
            f"{what}: timestamps name no time zone and none is declared; "
            "set time_zone in parameters_ingestion.yml, for example UTC or Europe/Rome"
        )
    return _localise(frame.with_columns(local=local), zone)


def _all_have_offsets(frame: pl.DataFrame, what: str) -> bool:
    stamps = frame["timestamp"].drop_nulls()
    with_offset = int(stamps.str.contains(OFFSET).sum())
    if 0 < with_offset < len(stamps):
        raise SchemaError(
            f"{what}: {with_offset} of {len(stamps)} timestamps carry an offset and the others "
            "do not; a mixture cannot be read without guessing, write all of them one way"
        )
    return bool(len(stamps)) and with_offset == len(stamps)


def _parse_offsets(frame: pl.DataFrame) -> pl.DataFrame:
    stamp = pl.col("timestamp").str.replace(r"Z$", "+00:00")
    time = pl.coalesce(
        stamp.str.to_datetime(f"{f}%:z", strict=False, time_unit="us", time_zone="UTC")
        for f in FORMATS
    )
    return frame.with_columns(time=time.cast(UTC)).with_columns(
        time_fault=pl.when(pl.col("time").is_null()).then(pl.lit("unreadable_timestamp"))
    )


def _localise(frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    if zone == "UTC":
        fault = pl.when(pl.col("local").is_null()).then(pl.lit("unreadable_timestamp"))
        time = pl.col("local").dt.replace_time_zone("UTC").cast(UTC)
        return frame.with_columns(time=time, time_fault=fault).drop("local")

    def placed(ambiguous: pl.Expr) -> pl.Expr:
        local = pl.col("local").dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null")
        return local.dt.convert_time_zone("UTC").cast(UTC)

    frame = frame.with_columns(early=placed(pl.lit("earliest")), late=placed(pl.lit("latest")))
    doubtful = frame.filter(pl.col("early") != pl.col("late"))
    frame = frame.with_columns(
        time=pl.col("early"),
        time_fault=pl.when(pl.col("local").is_null())
        .then(pl.lit("unreadable_timestamp"))
        .when(pl.col("early").is_null())
        .then(pl.lit("nonexistent_local_time")),
    )
    if doubtful.height:
        frame = _tell_by_order(frame)
    return frame.drop("local", "early", "late")


def _tell_by_order(frame: pl.DataFrame) -> pl.DataFrame:
    doubtful = pl.col("early") != pl.col("late")
    same = ["sensor_id", "local"]
    whose = pl.col("local").drop_nulls()
    backwards = (whose.first() > whose.last()).over("sensor_id")
    later = pl.int_range(pl.len()).over(same) == pl.when(backwards).then(0).otherwise(1)
    # Where a sensor's rows come twice anyway, two rows of one hour are a repetition.
    repeated = ((pl.len().over(same) > 1) & ~doubtful.fill_null(value=False)).any()
    paired = (pl.len().over(same) == 2) & ~repeated.over("sensor_id")
    return frame.with_columns(
        time=pl.when(doubtful & paired & later).then("late").otherwise("time"),
        time_fault=pl.when(doubtful & ~paired)
        .then(pl.lit("ambiguous_local_time"))
        .otherwise("time_fault"),
    )


def to_grid(frame: pl.DataFrame, *, step_minutes: int, tolerance_minutes: float) -> pl.DataFrame:
    """Move ``time`` to the nearest step of the grid; add ``moved`` and ``off_grid``.

    A time further than the tolerance from its step stays where it is and is ``off_grid``.
    """
    step = step_minutes * 60_000_000
    stamp = pl.col("time").dt.epoch("us")
    nearest = (stamp + step // 2) // step * step
    distance = (stamp - nearest).abs()
    near = distance <= round(tolerance_minutes * 60_000_000)
    return frame.with_columns(
        time=pl.when(near)
        .then(pl.from_epoch(nearest, "us").dt.replace_time_zone("UTC"))
        .otherwise("time")
        .cast(UTC),
        moved=(near & (distance > 0)).fill_null(value=False),
        off_grid=(~near).fill_null(value=False),
    )
