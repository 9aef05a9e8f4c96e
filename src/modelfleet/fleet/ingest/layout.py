"""From the columns of a raw table to ``row``, ``raw_id``, ``timestamp`` and ``value``."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from modelfleet.domain.errors import LISTED, SchemaError, listing
from modelfleet.domain.parameters.ingestion import ReadingLayout
from modelfleet.fleet.ingest.clock import OFFSET

__all__ = ["RawRows", "Survey", "read_layout", "require_columns"]


ROW = "modelfleet.row"
"""Name of the column with the line of the source, which no source should have."""

CELLS = {"raw_id": "modelfleet.id", "value": "modelfleet.value"}
"""Columns that a wide table becomes; a sensor or a time may be called ``value``."""


SURVEYED = 1_000_000
"""Rows that are counted at a time."""

TOTALS = (pl.col("rows").sum(), pl.col("first").min(), pl.col("last").max())


@dataclass(frozen=True)
class Survey:
    """What one pass over a batch tells before its rows are read.

    Attributes:
        senders: ``raw_id``, as the source writes it or null, its number of ``rows``, and in a long
            table its ``first`` and ``last`` line.
        rows: all rows; cells, in a wide table.
        stamps: timestamps that are there.
        with_offset: of these, texts that carry an offset from UTC.
    """

    senders: pl.DataFrame
    rows: int
    stamps: int
    with_offset: int


@dataclass(frozen=True)
class RawRows:
    """The rows of a batch in one shape; nothing is read before it is asked for.

    Attributes:
        table: the columns of the source under their own names, so that a file is asked for rows of
            some sensors before it is read, and :data:`ROW`, the 0-based line.
        names: our names of columns to those of the table.
        columns: sensors of a wide table; none in a long one.
        ignored: columns of the source that nothing asked for.
    """

    table: pl.LazyFrame
    names: Mapping[str, str]
    columns: tuple[str, ...]
    ignored: list[str]

    def stamp_kind(self) -> pl.DataType:
        """Type of the timestamps."""
        return self.table.collect_schema()[self.names["timestamp"]]

    def survey(self, *, count_stamps: bool = True) -> Survey:
        """Count rows by sensor, and the ways in which timestamps are written.

        Args:
            count_stamps: whether missing timestamps are told from others where none is text, which
                takes as long as counting sensors; otherwise each row counts for one.
        """
        stamp = pl.col(self.names["timestamp"])
        is_text = self.stamp_kind() == pl.String
        offset = stamp.str.contains(OFFSET).sum() if is_text else pl.lit(0, dtype=pl.UInt32)
        stamps = stamp.count() if is_text or count_stamps else pl.len()
        counts = self.table.select(rows=pl.len(), stamps=stamps, with_offset=offset)
        seen = counts.collect(engine="streaming").row(0, named=True)
        if self.columns:
            names = pl.DataFrame({"raw_id": self.columns})
            senders = names.with_columns(rows=pl.lit(seen["rows"]))
            return Survey(senders, **{**seen, "rows": seen["rows"] * len(self.columns)})
        return Survey(self._senders(seen["rows"]), **seen)

    def _senders(self, rows: int) -> pl.DataFrame:
        """Rows, first and last line of each sender, a stretch of the table at a time.

        Mostly a sender's rows follow each other: to count runs takes a third of counting rows.
        """
        sender = self.table.select(pl.col(self.names["raw_id"]).alias("raw_id"))
        stretches = (
            _count(sender.slice(at, SURVEYED).collect().to_series(), at)
            for at in range(0, max(rows, 1), SURVEYED)
        )
        return pl.concat(stretches).group_by("raw_id").agg(*TOTALS)

    def between(self, first: int, stop: int) -> pl.LazyFrame:
        """Rows from a line on, before another, as :meth:`of` gives them; of a long table."""
        return self._shaped(self.table.slice(first, stop - first))

    def odd_rows(self, *, with_offset: bool) -> list[int]:
        """The first rows whose timestamp is text with an offset, or without one."""
        carries = pl.col(self.names["timestamp"]).str.contains(OFFSET)
        rows = self.table.filter(carries if with_offset else ~carries).select(ROW).head(LISTED)
        return rows.collect(engine="streaming")[ROW].to_list()

    def of(self, raw_ids: pl.Series) -> pl.LazyFrame:
        """``row``, ``raw_id``, ``timestamp`` and ``value`` of some sensors, as they came.

        Args:
            raw_ids: as the source writes them; null stands for rows without an id.
        """
        if self.columns:
            table = self.table.unpivot(
                on=raw_ids.drop_nulls().to_list(),
                index=[ROW, self.names["timestamp"]],
                variable_name=self.names["raw_id"],
                value_name=self.names["value"],
            )
        else:
            sender = pl.col(self.names["raw_id"])
            asked = sender.is_in(raw_ids.drop_nulls().implode())
            if raw_ids.has_nulls():
                asked |= sender.is_null()
            table = self.table.filter(asked)
        return self._shaped(table)

    def _shaped(self, table: pl.LazyFrame) -> pl.LazyFrame:
        ours = (pl.col(source).alias(name) for name, source in self.names.items())
        return table.select(pl.col(ROW).alias("row"), *ours)


def _count(ids: pl.Series, at: int) -> pl.DataFrame:
    """Rows, first and last line of each id in a stretch of a table that begins at a line."""
    runs = ids.rle().struct.unnest()
    rows = runs["len"].cast(pl.Int64)
    stop = at + rows.cum_sum()
    counted = pl.DataFrame({"raw_id": runs["value"], "rows": rows, "first": stop - rows})
    return counted.with_columns(last=stop - 1).group_by("raw_id").agg(*TOTALS)


def require_columns(present: list[str], needed: list[str], *, what: str, setting: str) -> None:
    """Refuse a table that lacks a column.

    Raises:
        SchemaError: names the columns, those that are there, and the setting to correct.
    """
    missing = [name for name in needed if name not in present]
    if missing:
        raise SchemaError(
            f"{what}: column {listing(missing)} is missing; the columns are "
            f"{listing(present)}; correct the file, or {setting} in parameters_ingestion.yml"
        )


def read_layout(raw: pl.LazyFrame, layout: ReadingLayout, *, what: str = "raw readings") -> RawRows:
    """Bring a long or wide table into one shape.

    Raises:
        SchemaError: a column is missing.
    """
    # Numbered before anything is asked of it: then the number comes from the file's own reader, and
    # rows of other sensors are left out while the file is read.
    table = raw.with_row_index(ROW)
    columns = [name for name in table.collect_schema().names() if name != ROW]
    names = {"timestamp": layout.timestamp}
    if layout.kind == "long":
        names |= {"raw_id": str(layout.sensor_id), "value": str(layout.value)}
    require_columns(columns, list(names.values()), what=what, setting="ingestion.readings")
    others = [name for name in columns if name not in names.values()]
    if layout.kind == "long":
        return RawRows(table, names, (), others)
    if not others:
        raise SchemaError(f"{what}: a wide table needs at least one column per sensor")
    return RawRows(table, names | CELLS, tuple(others), [])
