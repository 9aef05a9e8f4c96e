"""A period out of the stored readings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

__all__ = ["Extract", "StoredReadings"]


@dataclass(frozen=True)
class Extract:
    """Rows of a period, not read yet.

    Attributes:
        rows: ``sensor_id``, ``timestamp``, ``value``, unsorted.
        files: that have to be opened.
        bytes: of these files.
        of_files: that the table has.
    """

    rows: pl.LazyFrame
    files: int
    bytes: int
    of_files: int


class StoredReadings(Protocol):
    """One version of a table of readings."""

    def between(self, since: datetime | None, until: datetime) -> Extract:
        """Readings from a time on, before another; only files that may hold them are opened."""
        ...
