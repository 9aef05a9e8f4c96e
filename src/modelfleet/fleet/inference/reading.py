"""Of all readings those that forecasts look at, and what it took to read them."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from modelfleet.fleet.extract import Extract, StoredReadings

__all__ = ["RecentReadings", "read_recent"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecentReadings:
    """Readings that forecasts look at.

    Attributes:
        rows: ``sensor_id``, ``timestamp``, ``value``; in memory, unless all of history is needed,
            which is looked at piece by piece.
        count: of the rows; ``None`` where nobody has read them yet.
        since: nothing before it is needed; ``None`` where all of history is.
        extract: where they come from; ``None`` where nothing was asked for.
    """

    rows: pl.LazyFrame
    count: int | None = 0
    since: datetime | None = None
    extract: Extract | None = None

    def account(self) -> dict[str, Any]:
        """What was read, as JSON can hold it."""
        extract = self.extract
        return {
            "since": self.since.isoformat() if self.since else None,
            "rows": self.count,
            "files": extract.files if extract else 0,
            "of_files": extract.of_files if extract else 0,
            "bytes": extract.bytes if extract else 0,
        }


def read_recent(
    readings: StoredReadings, *, since: datetime | None, until: datetime | None
) -> RecentReadings:
    """Read a period; nothing where it has no end."""
    if until is None:
        return RecentReadings(pl.LazyFrame(schema=COLUMNS))
    extract = readings.between(since, until)
    rows = extract.rows.select(COLUMNS.names())
    if since is None:
        return RecentReadings(rows, None, None, extract)
    found = rows.collect()
    logger.info(
        "readings: %d rows since %s, from %d of %d files, %.1f MB",
        found.height,
        f"{since:%Y-%m-%d %H:%M} UTC",
        extract.files,
        extract.of_files,
        extract.bytes / 1e6,
    )
    return RecentReadings(found.lazy(), found.height, since, extract)


COLUMNS = pl.Schema(
    {"sensor_id": pl.String(), "timestamp": pl.Datetime("us", "UTC"), "value": pl.Float64()}
)
