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


@dataclass(frozen=True)
class Survey:
    """What one pass over a batch tells before its rows are read.

    Attributes:
        senders: ``raw_id``, as the source writes it or null, and its number of ``rows``.
        stamps: timestamps that are there.
        with_offset: of these, texts that carry an offset from UTC.
    """

    senders: pl.DataFrame
    stamps: int
    with_offset: int

    @property
    def rows(self) -> int:
        """All rows; cells, in a wide table."""
        return int(self.senders["rows"].sum())


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

    def survey(self) -> Survey:
        """Count rows by sensor, and the ways in which timestamps are written."""
        stamp = pl.col(self.names["timestamp"])
        is_text = self.stamp_kind() == pl.String
        offset = stamp.str.contains(OFFSET).sum() if is_text else pl.lit(0, dtype=pl.UInt32)
        counts = {"rows": pl.len(), "stamps": stamp.count(), "with_offset": offset}
        if self.columns:
            seen = self.table.select(**counts).collect(engine="streaming")
            names = pl.DataFrame({"raw_id": self.columns})
            senders = names.with_columns(rows=pl.lit(seen["rows"][0]))
        else:
            sender = pl.col(self.names["raw_id"]).alias("raw_id")
            seen = self.table.group_by(sender).agg(**counts).collect(engine="streaming")
            senders = seen.select("raw_id", "rows")
        return Survey(senders, int(seen["stamps"].sum()), int(seen["with_offset"].sum()))

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
        ours = (pl.col(source).alias(name) for name, source in self.names.items())
        return table.select(pl.col(ROW).alias("row"), *ours)


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
