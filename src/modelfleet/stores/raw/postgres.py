"""A PostgreSQL table as a raw source, one period of time after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

from modelfleet.domain.errors import ConfigurationError, DataError, SchemaError, listing
from modelfleet.domain.lineage import canonical_json, digest_of
from modelfleet.fleet.ingest.batches import Batch
from modelfleet.stores.frames import TablePreview
from modelfleet.stores.raw.columns import Column, frame_of
from modelfleet.stores.raw.connection import ReadOnlyServer
from modelfleet.stores.raw.periods import Period, listing_query, parse_period, within
from modelfleet.stores.raw.source import RawSourceDataset

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Identifier

__all__ = ["RawPostgres", "RawPostgresDataset"]


@dataclass(frozen=True)
class RawPostgres:
    """A :class:`~modelfleet.fleet.ingest.batches.RawSource` with one batch per period.

    Attributes:
        server: where the table lies.
        table: its name, with its schema where it is not on the search path.
        columns: to read.
        partition_column: timestamps or dates by which the table is split.
        seconds: length of a period.
        order_by: of rows with equal times.
        updated_column: grows when a row is changed; seen in the identity of its period.
        chunk_rows: rows that are fetched at a time.
    """

    server: ReadOnlyServer
    table: str
    columns: tuple[str, ...]
    partition_column: str
    seconds: int
    order_by: tuple[str, ...] = ()
    updated_column: str | None = None
    chunk_rows: int = 50_000

    def batches(self) -> list[Batch]:
        """One batch per period that has rows, oldest first; rows without a time come before.

        One query counts the rows of each period.

        Raises:
            DataError: the server cannot be reached, refuses, or the table has no rows.
            SchemaError: the table or a column is missing, or the partition column holds no times.
        """
        with self.server.transaction() as connection:
            partition = self._partition(self._known(connection))
            query = listing_query(
                self._name(), partition, seconds=self.seconds, updated=self.updated_column
            )
            found = connection.execute(query).fetchall()
        if not found:
            raise DataError(
                f"table {self.table} at {self.server.name()} has no rows; correct `table` in the "
                "catalog, or fill it"
            )
        return [
            self._batch(Period(number, self.seconds), [count, str(last), str(updated)])
            for number, count, last, updated in found
        ]

    def read(self, period: Period) -> pl.LazyFrame:
        """Open a period; its columns are looked up, its rows are streamed when they are asked for.

        Raises:
            DataError: the server cannot be reached or refuses, now or while rows are streamed.
            SchemaError: the table or a column is missing.
        """
        with self.server.transaction() as connection:
            known = self._known(connection)
        chosen = [known[name] for name in self.columns]

        def stream(
            names: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None
        ) -> Iterator[pl.DataFrame]:
            for chunk in self.chunks(period, known, rows=rows):
                kept = chunk if predicate is None else chunk.filter(predicate)
                yield kept if names is None else kept.select(names)

        return register_io_source(stream, schema={c.name: c.kind for c in chosen})

    def chunks(
        self, period: Period, known: dict[str, Column], *, rows: int | None = None
    ) -> Iterator[pl.DataFrame]:
        """Rows of a period through a cursor on the server, at most ``chunk_rows`` at a time.

        Args:
            period: of which the rows are read.
            known: columns by name, with their types.
            rows: to read at most.
        """
        from psycopg.sql import SQL, Identifier

        chosen = [known[name] for name in self.columns]
        first = [Identifier(name) for name in (self.partition_column, *self.order_by)]
        # By what is read, not by what is stored: not every type of PostgreSQL has an order.
        order = [*first, *(column.selected() for column in chosen)]
        query = SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
            SQL(", ").join(column.selected() for column in chosen),
            self._name(),
            within(period, self._partition(known)),
            SQL(", ").join(order),
        )
        if rows is not None:
            query += SQL(" LIMIT {}").format(rows)
        with (
            self.server.transaction() as connection,
            connection.cursor("modelfleet", binary=True) as cursor,
        ):
            cursor.execute(query)
            while fetched := cursor.fetchmany(self.chunk_rows):
                yield frame_of(fetched, chosen)

    def head(self, rows: int) -> pl.DataFrame:
        """Some rows, in no order, without counting or sorting the table."""
        from psycopg.sql import SQL

        with self.server.transaction() as connection:
            known = self._known(connection)
            chosen = [known[name] for name in self.columns]
            query = SQL("SELECT {} FROM {} LIMIT {}").format(
                SQL(", ").join(column.selected() for column in chosen), self._name(), rows
            )
            return frame_of(connection.execute(query).fetchall(), chosen)

    def exists(self) -> bool:
        """Whether the table is there, with or without rows."""
        with self.server.transaction() as connection:
            name = self._name().as_string(connection)
            found = connection.execute("SELECT to_regclass(%s)", (name,)).fetchone()
        return found is not None and found[0] is not None

    def _batch(self, period: Period, content: list[Any]) -> Batch:
        asked = [list(self.columns), self.partition_column, period.seconds, period.number]
        identity = digest_of(
            "postgres", self.server.name(), self.table, canonical_json([*asked, *content])
        )
        return Batch(f"{self.table} {period}", identity, partial(self.read, period))

    def _known(self, connection: "Connection") -> dict[str, Column]:
        """The columns that are asked for, by name, with their types."""
        from psycopg import errors

        names = dict.fromkeys([*self.columns, self.partition_column, *self.order_by])
        if self.updated_column:
            names[self.updated_column] = None
        try:
            with connection.transaction():
                return _described(connection, self._name(), list(names))
        except errors.UndefinedColumn:
            there = _described(connection, self._name(), None)
            raise SchemaError(
                f"table {self.table} at {self.server.name()}: column "
                f"{listing(n for n in names if n not in there)} is missing; the columns are "
                f"{listing(there)}; correct the catalog entry, capitals count"
            ) from None
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            raise SchemaError(
                f"there is no table {self.table} at {self.server.name()} that the role can see; "
                "correct `table` in the catalog (schema.table, capitals count)"
            ) from None

    def _partition(self, known: dict[str, Column]) -> Column:
        partition = known[self.partition_column]
        if not partition.is_time:
            raise SchemaError(
                f"table {self.table}: column {partition.name!r} holds no timestamps or dates; "
                "choose another partition_column, or read a view that casts it"
            )
        return partition

    def _name(self) -> "Identifier":
        from psycopg.sql import Identifier

        return Identifier(*self.table.split("."))


class RawPostgresDataset(RawSourceDataset):
    """Raw rows in a PostgreSQL table or view.

    Args:
        table: ``table`` or ``schema.table``; capitals count.
        columns: to read, at least those that ingestion asks for.
        partition_column: timestamps or dates; one batch per ``period`` of it. An index helps.
        period: length of a batch in hours, days or weeks, such as ``12h``, ``30d`` or ``4w``.
        order_by: how rows of one time are ordered; by all columns where not given.
        updated_column: a column that grows with every change of a row, so that a changed period is
            read again.
        chunk_rows: rows that are held at a time while a period is streamed.
        credentials: ``con``: a connection string of a role that can read.
        metadata: layer and description for Kedro-Viz.

    Raises:
        ConfigurationError: an option or the credentials cannot be used.
    """

    def __init__(
        self,
        *,
        table: str,
        columns: Sequence[str],
        partition_column: str,
        period: str = "30d",
        order_by: Sequence[str] | None = None,
        updated_column: str | None = None,
        chunk_rows: int = 50_000,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        parts = table.split(".")
        if not all(parts) or len(parts) > 2:
            raise ConfigurationError(f"table {table!r} is neither `table` nor `schema.table`")
        if isinstance(columns, str) or not columns or len(set(columns)) < len(columns):
            raise ConfigurationError(f"columns of table {table} must be a list of different names")
        if chunk_rows < 1:
            raise ConfigurationError(f"chunk_rows of table {table} must be 1 or more")
        self._source = RawPostgres(
            ReadOnlyServer.of(credentials, what=f"table {table}"),
            table,
            tuple(columns),
            partition_column,
            parse_period(period),
            tuple(order_by or ()),
            updated_column,
            chunk_rows,
        )
        self._period = period
        self.metadata = metadata

    def load(self) -> RawPostgres:
        """The source; nothing is asked of the server yet."""
        return self._source

    def preview(self, nrows: int = 5) -> TablePreview:
        """Some rows as text, for Kedro-Viz; the table is neither counted nor sorted."""
        text = self._source.head(nrows).with_columns(pl.all().cast(pl.String).fill_null(""))
        return TablePreview(text.to_pandas().to_dict(orient="split"))

    def _exists(self) -> bool:
        return self._source.exists()

    def _describe(self) -> dict[str, Any]:
        return {
            "table": self._source.table,
            "columns": list(self._source.columns),
            "partition_column": self._source.partition_column,
            "period": self._period,
        }


def _described(
    connection: "Connection", table: "Identifier", names: list[str] | None
) -> dict[str, Column]:
    """Columns of a table by name; a query without rows tells their types."""
    from psycopg.sql import SQL, Identifier

    what = SQL(", ").join(map(Identifier, names)) if names else SQL("*")
    cursor = connection.execute(SQL("SELECT {} FROM {} LIMIT 0").format(what, table))
    return {each.name: Column(each.name, each.type_code) for each in cursor.description or ()}
