"""Of all readings those that forecasts look at, and what it took to read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from modelfleet.fleet.extract import Extract, StoredReadings

__all__ = ["RecentReadings", "read_recent"]


@dataclass(frozen=True)
class RecentReadings:
    """Readings in memory.

    Attributes:
        rows: ``sensor_id``, ``timestamp``, ``value``.
        since: nothing before it was asked for; ``None`` where all of history was.
        extract: where they come from; ``None`` where nothing was asked for.
    """

    rows: pl.DataFrame
    since: datetime | None = None
    extract: Extract | None = None

    def account(self) -> dict[str, Any]:
        """What was read, as JSON can hold it."""
        extract = self.extract
        return {
            "since": self.since.isoformat() if self.since else "the beginning",
            "rows": self.rows.height,
            "files": extract.files if extract else 0,
            "of_files": extract.of_files if extract else 0,
            "bytes": extract.bytes if extract else 0,
        }


def read_recent(
    readings: StoredReadings, *, since: datetime | None, until: datetime | None
) -> RecentReadings:
    """Read a period; nothing where it has no end."""
    if until is None:
        return RecentReadings(pl.DataFrame(schema=COLUMNS))
    extract = readings.between(since, until)
    return RecentReadings(extract.rows.select(COLUMNS.names()).collect(), since, extract)


COLUMNS = pl.Schema(
    {"sensor_id": pl.String(), "timestamp": pl.Datetime("us", "UTC"), "value": pl.Float64()}
)
