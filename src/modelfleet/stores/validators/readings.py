"""Checks of readings."""

from collections.abc import Iterator, Mapping

import polars as pl

from modelfleet.fleet.sharded import ReadingsSource
from modelfleet.stores.validators.columns import known_kinds, refuse, wrong_columns

__all__ = ["ReadingsValidator"]


class ReadingsValidator:
    """Readings as every stage expects them.

    Over the whole table: the columns; sensor and time in every row; times on whole steps; values
    finite or missing. In the first and the last shard also what a worker is promised: sorted by
    sensor and time, one row each. All of it costs less than finding the fleet's window does.

    Args:
        remedy: ends the error; says what to do.
        columns: as in :class:`TableValidator`.
        step_minutes: times lie on multiples of it; any fleet's step is a multiple of one minute.
    """

    def __init__(self, *, remedy: str, columns: Mapping[str, str], step_minutes: int = 1) -> None:
        self._remedy = remedy
        self._columns = known_kinds(columns)
        self._step_minutes = step_minutes

    def validate(self, data: ReadingsSource) -> ReadingsSource:
        """Check the current version, and hand it on as it is.

        Raises:
            SchemaError: names every problem, with the number of rows.
        """
        wrong = list(wrong_columns(self._columns, data.scan().collect_schema()))
        refuse(wrong or [*self._wrong_rows(data), *_wrong_order(data)], self._remedy)
        return data

    def _wrong_rows(self, data: ReadingsSource) -> Iterator[str]:
        step = self._step_minutes * 60_000_000
        faults = {
            "have no sensor": pl.col("sensor_id").is_null(),
            "have no time": pl.col("timestamp").is_null(),
            f"miss a whole {self._step_minutes} min": pl.col("timestamp").dt.epoch("us") % step > 0,
            "are not finite": ~pl.col("value").is_finite(),
        }
        count = data.scan().select(**{name: each.sum() for name, each in faults.items()})
        for name, rows in count.collect(engine="streaming").row(0, named=True).items():
            if rows:
                yield f"{rows} rows {name}"


def _wrong_order(data: ReadingsSource) -> Iterator[str]:
    shards = data.shards()
    for shard in sorted({min(shards), max(shards)} if shards else ()):
        rows = data.read(shard).select(place=pl.struct("sensor_id", "timestamp"))
        place = rows["place"]
        if not place.is_sorted():
            yield f"shard {shard} is not sorted by sensor and time"
        if twice := int(place.is_duplicated().sum()):
            yield f"{twice} rows of shard {shard} share sensor and time with another"
