"""From what a clock on the wall showed to UTC on the grid."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import polars as pl

from modelfleet.domain.errors import LISTED, SchemaError, listing
from modelfleet.fleet.ingest.reasons import REASON, because

__all__ = ["OFFSET", "Clock", "read_clock", "to_grid", "to_utc"]

UTC = pl.Datetime("us", "UTC")
OFFSET = r"(Z|[+-]\d{2}:?\d{2})$"
FORMATS = tuple(
    f"%Y-%m-%d{separator}%H:%M{seconds}" for separator in "T " for seconds in ("", ":%S", ":%S%.f")
)


class OddRows(Protocol):
    """Finds the first rows whose timestamp is text with or without an offset."""

    def __call__(self, *, with_offset: bool) -> list[int]:
        """Their numbers, ten at most."""
        ...


@dataclass(frozen=True)
class Clock:
    """How the timestamps of a batch are to be read.

    Attributes:
        kind: type of the timestamps.
        has_offsets: whether they are text that carries an offset.
        zone: time zone of stamps that name none.
    """

    kind: pl.DataType
    has_offsets: bool
    zone: str | None

    @property
    def is_plain(self) -> bool:
        """Whether every timestamp that is there is a time, and one time only."""
        aware = isinstance(self.kind, pl.Datetime) and self.kind.time_zone is not None
        return aware or (isinstance(self.kind, pl.Datetime | pl.Date) and self.zone == "UTC")

    def plain_time(self, stamps: pl.Series) -> pl.Series:
        """UTC of timestamps, where :attr:`is_plain`; see :meth:`to_utc` for all others."""
        rows = self.to_utc(stamps.alias("timestamp").to_frame().lazy())
        return rows.select("time").collect().to_series()

    def to_utc(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Add ``time`` (UTC) and, where it cannot be told, ``time_fault``.

        A stamp in the hour that autumn repeats is told apart by order: of two rows of one sensor,
        the first is the earlier, or the later where its rows run backwards. One row alone, or rows
        that come twice elsewhere too, are ``ambiguous_local_time``; a stamp in the hour that
        spring skips is ``nonexistent_local_time``; text that is no time is
        ``unreadable_timestamp``.

        Args:
            rows: with ``timestamp`` and ``sensor``, in the order of the source.
        """
        if isinstance(self.kind, pl.Datetime) and self.kind.time_zone is not None:
            time = pl.col("timestamp").dt.convert_time_zone("UTC").cast(UTC)
            return rows.with_columns(time=time, time_fault=pl.lit(None, dtype=REASON))
        if self.has_offsets:
            stamp = pl.col("timestamp").str.replace(r"Z$", "+00:00")
            return _with_time(rows, _parsed(stamp, "%:z", "UTC").cast(UTC))
        if self.kind == pl.String:
            local = _parsed(pl.col("timestamp").str.strip_chars(), "", None)
        else:
            local = pl.col("timestamp").cast(pl.Datetime("us"))
        if self.zone == "UTC":
            return _with_time(rows, local.dt.replace_time_zone("UTC"))
        return _localised(rows.with_columns(local=local), str(self.zone))


def read_clock(
    kind: pl.DataType,
    *,
    stamps: int,
    with_offset: int,
    odd_rows: OddRows,
    zone: str | None,
    what: str,
) -> Clock:
    """Find out how the timestamps of a batch are to be read.

    Args:
        kind: their type.
        stamps: how many there are.
        with_offset: how many of them are text with an offset.
        odd_rows: finds the first rows with or without an offset.
        zone: time zone of stamps that name none.
        what: names the source and its column in errors.

    Raises:
        SchemaError: they are no times, no zone is declared, or stamps with and without offset are
            mixed.
    """
    if not isinstance(kind, pl.String | pl.Datetime | pl.Date):
        raise SchemaError(
            f"{what}: timestamps are {kind}; give text such as 2018-01-31T13:00, or datetimes"
        )
    if 0 < with_offset < stamps:
        rarer = 2 * with_offset <= stamps
        which, count = ("with", with_offset) if rarer else ("without", stamps - with_offset)
        raise SchemaError(
            f"{what}: {with_offset} of {stamps} timestamps carry an offset and the others do not; "
            f"rows {which} one: {listing(odd_rows(with_offset=rarer), count=count)}; a mixture "
            "cannot be read without guessing, write all of them one way"
        )
    aware = with_offset > 0 or (isinstance(kind, pl.Datetime) and kind.time_zone is not None)
    if zone is None and not aware and stamps:
        raise SchemaError(
            f"{what}: timestamps name no time zone and none is declared; "
            "set time_zone in parameters_ingestion.yml, for example UTC or Europe/Rome"
        )
    return Clock(kind, with_offset > 0, zone or "UTC")


def to_utc(table: pl.DataFrame, *, zone: str | None, what: str) -> pl.DataFrame:
    """Add ``time`` and ``time_fault`` to a small table, see :meth:`Clock.to_utc`.

    Args:
        table: with ``timestamp``, all of one sender, in the order of the source.
        zone: time zone of stamps that name none.
        what: names the source in errors.

    Raises:
        SchemaError: see :func:`read_clock`.
    """
    stamps = table["timestamp"].drop_nulls()
    none = pl.repeat(value=False, n=table.height, eager=True)
    told = table["timestamp"].str.contains(OFFSET) if stamps.dtype == pl.String else none
    clock = read_clock(
        stamps.dtype,
        stamps=len(stamps),
        with_offset=int(told.sum()),
        odd_rows=partial(_odd_rows, told),
        zone=zone,
        what=what,
    )
    rows = table.lazy().with_columns(sensor=pl.lit(0)).with_row_index("row")
    return clock.to_utc(rows).collect().drop("row", "sensor")


def _odd_rows(told: pl.Series, *, with_offset: bool) -> list[int]:
    return (told if with_offset else ~told).arg_true().head(LISTED).to_list()


def _parsed(text: pl.Expr, offset: str, zone: str | None) -> pl.Expr:
    """The first format that fits."""
    return pl.coalesce(
        text.str.to_datetime(f"{f}{offset}", strict=False, time_unit="us", time_zone=zone)
        for f in FORMATS
    )


def _with_time(rows: pl.LazyFrame, time: pl.Expr) -> pl.LazyFrame:
    fault = because(pl.col("time").is_null(), "unreadable_timestamp")
    return rows.with_columns(time=time).with_columns(time_fault=fault)


def _localised(rows: pl.LazyFrame, zone: str) -> pl.LazyFrame:
    def placed(ambiguous: str) -> pl.Expr:
        local = pl.col("local").dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
        return local.dt.convert_time_zone("UTC").cast(UTC)

    # What order tells needs all rows of a sensor at once; the clocks change in any longer batch.
    read = rows.with_columns(early=placed("earliest"), late=placed("latest"))
    frame = read.collect(engine="streaming").sort("row", maintain_order=True)
    frame = frame.with_columns(
        time=pl.col("early"),
        time_fault=pl.coalesce(
            because(pl.col("local").is_null(), "unreadable_timestamp"),
            because(pl.col("early").is_null(), "nonexistent_local_time"),
        ),
    )
    if frame.select((pl.col("early") != pl.col("late")).any()).item():
        frame = _tell_by_order(frame)
    return frame.drop("local", "early", "late").lazy()


def _tell_by_order(frame: pl.DataFrame) -> pl.DataFrame:
    doubtful = pl.col("early") != pl.col("late")
    same = ["sensor", "local"]
    whose = pl.col("local").drop_nulls()
    backwards = (whose.first() > whose.last()).over("sensor")
    later = pl.int_range(pl.len()).over(same) == pl.when(backwards).then(0).otherwise(1)
    # Where a sensor's rows come twice anyway, two rows of one hour are a repetition.
    repeated = ((pl.len().over(same) > 1) & ~doubtful.fill_null(value=False)).any()
    paired = (pl.len().over(same) == 2) & ~repeated.over("sensor")
    ambiguous = because(doubtful & ~paired, "ambiguous_local_time")
    return frame.with_columns(
        time=pl.when(doubtful & paired & later).then("late").otherwise("time"),
        time_fault=pl.coalesce(ambiguous, "time_fault"),
    )


def to_grid(rows: pl.LazyFrame, *, step_minutes: int, tolerance_minutes: float) -> pl.LazyFrame:
    """Add ``step``, the nearest step of the grid, and ``moved`` and ``off_grid``.

    Steps are counted from 1970. A row further than the tolerance from its step is ``off_grid``.
    """
    step = step_minutes * 60_000_000
    stamp = pl.col("time").dt.epoch("us")
    nearest = (stamp + step // 2) // step
    distance = (stamp - nearest * step).abs()
    near = distance <= round(tolerance_minutes * 60_000_000)
    return rows.with_columns(
        step=nearest,
        moved=(near & (distance > 0)).fill_null(value=False),
        off_grid=(~near).fill_null(value=False),
    )
