"""A table in periods of one timestamp column, so that no read is larger than a period."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from modelfleet.domain.errors import ConfigurationError
from modelfleet.stores.raw.columns import TIMESTAMPTZ, Column

if TYPE_CHECKING:
    from psycopg.sql import Composed, Identifier

__all__ = ["Period", "listing_query", "parse_period", "within"]

UNITS = {"h": 3600, "d": 86_400, "w": 604_800}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    """A half-open stretch of the partition column.

    Attributes:
        number: whole periods since 1970; ``None`` for rows without a finite time.
        seconds: length of a period.
    """

    number: int | None
    seconds: int

    def __str__(self) -> str:
        if self.number is None:
            return "without a time"
        try:
            start = EPOCH + timedelta(seconds=self.number * self.seconds)
            end = start + timedelta(seconds=self.seconds)
        except OverflowError:  # a year beyond 9999, which PostgreSQL can store
            return f"{self.number} periods after 1970"
        return f"{start:%Y-%m-%dT%H:%M} to {end:%Y-%m-%dT%H:%M}"


def parse_period(text: str) -> int:
    """Seconds of a period.

    >>> parse_period("30d"), parse_period("12h")
    (2592000, 43200)

    Raises:
        ConfigurationError: it is no number of hours, days or weeks.
    """
    found = re.fullmatch(r"([1-9]\d{0,4})([hdw])", str(text).strip())
    if found is None:
        raise ConfigurationError(
            f"period {text!r} is none; write hours, days or weeks: 12h, 30d, 4w"
        )
    return int(found[1]) * UNITS[found[2]]


def listing_query(
    table: "Identifier", partition: Column, *, seconds: int, updated: str | None
) -> "Composed":
    """A query for number, rows and latest entry of each period, those without a time first."""
    from psycopg.sql import SQL, Identifier

    column = Identifier(partition.name)
    return SQL(
        "SELECT CASE WHEN isfinite({column})"
        " THEN floor(extract(epoch FROM {column}) / {seconds})::bigint END AS period,"
        " count(*), max({column})::text, max({updated})::text"
        " FROM {table} GROUP BY 1 ORDER BY 1 NULLS FIRST"
    ).format(
        column=column,
        seconds=seconds,
        table=table,
        updated=Identifier(updated) if updated else column,
    )


def within(period: Period, partition: Column) -> "Composed":
    """A condition for the rows of a period, such that an index on the column serves it."""
    from psycopg.sql import SQL, Identifier

    column = Identifier(partition.name)
    if period.number is None:
        return SQL("({0} IS NULL OR NOT isfinite({0}))").format(column)
    # Stamps without a zone are counted as if they were UTC; what they mean is ingestion's matter.
    zone = SQL("" if partition.oid == TIMESTAMPTZ else " AT TIME ZONE 'UTC'")
    start = period.number * period.seconds
    return SQL(
        "({column} >= to_timestamp({start}){zone} AND {column} < to_timestamp({end}){zone})"
    ).format(column=column, start=start, end=start + period.seconds, zone=zone)
