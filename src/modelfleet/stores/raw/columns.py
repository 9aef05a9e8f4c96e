"""From columns of PostgreSQL to columns of Polars, without loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from psycopg.sql import Composable

__all__ = ["TIMESTAMPTZ", "Column", "frame_of"]

TIMESTAMPTZ, TIMESTAMP, DATE = 1184, 1114, 1082
INTEGERS = (20, 21, 23)
FLOATS = (700, 701)
TIMES = (TIMESTAMPTZ, TIMESTAMP, DATE)
"""Numbers of built-in types (``pg_type.dat``); they never change."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: of the column.
        oid: number of its type.
    """

    name: str
    oid: int

    @property
    def is_time(self) -> bool:
        """Whether it holds timestamps or dates."""
        return self.oid in TIMES

    @property
    def kind(self) -> pl.DataType:
        """What the rows are handed over as: numbers, times, or the text that PostgreSQL writes."""
        if self.is_time:
            return pl.Datetime("us", "UTC" if self.oid == TIMESTAMPTZ else None)
        if self.oid in INTEGERS:
            return pl.Int64()
        return pl.Float64() if self.oid in FLOATS else pl.String()

    @property
    def wire(self) -> pl.DataType:
        """What travels: times as microseconds since 1970, everything else as it is."""
        return pl.Int64() if self.is_time else self.kind

    def selected(self) -> "Composable":
        """How it stands in a query."""
        from psycopg.sql import SQL, Identifier

        name = Identifier(self.name)
        if self.is_time:
            # Infinity and years that Python does not know would stop the whole read.
            return SQL(
                "CASE WHEN isfinite({0}) THEN (extract(epoch FROM {0}) * 1000000)::bigint END"
            ).format(name)
        if self.oid in INTEGERS:
            return SQL("{}::bigint").format(name)
        # Exact decimals stay text: ingestion parses it, and rejects what is no number.
        return SQL("{}::float8" if self.oid in FLOATS else "{}::text").format(name)


def frame_of(rows: Sequence[Sequence[Any]], columns: Sequence[Column]) -> pl.DataFrame:
    """Rows as a table.

    Args:
        rows: as :meth:`Column.selected` makes them.
        columns: in the order of the rows' values.
    """
    wire = pl.DataFrame(rows, schema={c.name: c.wire for c in columns}, orient="row")
    return wire.select(pl.col(c.name).cast(c.kind) for c in columns)
