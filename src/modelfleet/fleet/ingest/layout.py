"""From the columns of a raw table to ``row``, ``raw_id``, ``timestamp`` and ``value``."""

from dataclasses import dataclass

import polars as pl

from modelfleet.domain.errors import SchemaError, listing
from modelfleet.domain.parameters.ingestion import ReadingLayout
from modelfleet.fleet.ingest.clock import OFFSET

__all__ = ["RawRows", "Survey", "read_layout", "require_columns"]


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
        table: ``row`` (0-based line of the source) and ``timestamp``; in a long layout also
            ``raw_id`` and ``value``, in a wide one a column per sensor.
        columns: sensors of a wide table; none in a long one.
        ignored: columns of the source that nothing asked for.
    """

    table: pl.LazyFrame
    columns: tuple[str, ...]
    ignored: list[str]

    def stamp_kind(self) -> pl.DataType:
        """Type of the timestamps."""
        return self.table.collect_schema()["timestamp"]

    def survey(self) -> Survey:
        """Count rows by sensor, and the ways in which timestamps are written."""
        stamp = pl.col("timestamp")
        is_text = self.stamp_kind() == pl.String
        offset = stamp.str.contains(OFFSET).sum() if is_text else pl.lit(0, dtype=pl.UInt32)
        counts = {"rows": pl.len(), "stamps": stamp.count(), "with_offset": offset}
        grouped = self.table.select(**counts) if self.columns else None
        found = grouped if grouped is not None else self.table.group_by("raw_id").agg(**counts)
        seen = found.collect(engine="streaming")
        stamps, with_offset = int(seen["stamps"].sum()), int(seen["with_offset"].sum())
        if self.columns:
            names = pl.DataFrame({"raw_id": self.columns})
            return Survey(names.with_columns(rows=seen["rows"][0]), stamps, with_offset)
        return Survey(seen.select("raw_id", "rows"), stamps, with_offset)

    def of(self, raw_ids: pl.Series) -> pl.LazyFrame:
        """Rows of some sensors, in the order of the source; null stands for those without an id."""
        if self.columns:
            return self.table.unpivot(
                on=raw_ids.drop_nulls().to_list(),
                index=["row", "timestamp"],
                variable_name="raw_id",
                value_name="value",
            )
        asked = pl.col("raw_id").is_in(raw_ids.drop_nulls().implode())
        nameless = pl.col("raw_id").is_null() & raw_ids.has_nulls()
        return self.table.filter(asked | nameless)


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
    columns = raw.collect_schema().names()
    wanted = {layout.timestamp: "timestamp"}
    if layout.kind == "long":
        wanted |= {str(layout.sensor_id): "raw_id", str(layout.value): "value"}
    require_columns(columns, list(wanted), what=what, setting="ingestion.readings")
    others = [name for name in columns if name not in wanted]
    if layout.kind == "wide":
        if not others:
            raise SchemaError(f"{what}: a wide table needs at least one column per sensor")
        table = raw.rename(wanted).with_row_index("row")
        return RawRows(table, tuple(others), [])
    table = raw.select(pl.col(name).alias(ours) for name, ours in wanted.items())
    return RawRows(table.with_row_index("row"), (), others)
