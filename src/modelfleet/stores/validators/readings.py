"""Checks of readings."""

from collections.abc import Iterator, Mapping

import polars as pl

from modelfleet.fleet.sharded import ReadingsSource
from modelfleet.stores.validators.columns import known_kinds, refuse, wrong_columns

__all__ = ["ReadingsValidator"]

SAMPLE = 8
"""Sensors of a shard whose rows are read in order; one that is not sorted is not alone."""


class ReadingsValidator:
    """Readings as every stage expects them.

    In every row that no check has seen before: sensor and time; times on whole steps; values finite
    or missing. Where there is such a row also what a worker is promised, for some sensors of the
    first and the last shard: sorted by sensor and time, one row each. So a check costs the batch,
    not the history.

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
        refuse(wrong or list(self._wrong_news(data)), self._remedy)
        return data

    def _wrong_news(self, data: ReadingsSource) -> Iterator[str]:
        if not data.news().head(1).collect().is_empty():
            yield from self._wrong_rows(data)
            yield from _wrong_order(data)

    def _wrong_rows(self, data: ReadingsSource) -> Iterator[str]:
        step = self._step_minutes * 60_000_000
        faults = {
            "have no sensor": pl.col("sensor_id").is_null(),
            "have no time": pl.col("timestamp").is_null(),
            f"miss a whole {self._step_minutes} min": pl.col("timestamp").dt.epoch("us") % step > 0,
            "are not finite": ~pl.col("value").is_finite(),
        }
        count = data.news().select(**{name: each.sum() for name, each in faults.items()})
        for name, rows in count.collect(engine="streaming").row(0, named=True).items():
            if rows:
                yield f"{rows} rows {name}"


def _wrong_order(data: ReadingsSource) -> Iterator[str]:
    shards = data.shards()
    for shard in sorted({min(shards), max(shards)} if shards else ()):
        held = data.scan().filter(pl.col("shard") == shard)
        some = held.select(pl.col("sensor_id").unique().sort().head(SAMPLE)).collect()
        rows = data.read(shard, only=some["sensor_id"].to_list())
        ids, times = rows["sensor_id"], rows["timestamp"]
        same, later = ids.eq_missing(ids.shift()), ids > ids.shift()
        if not (later | (same & (times >= times.shift()))).slice(1).all():
            yield f"shard {shard} is not sorted by sensor and time"
        again = same & times.eq_missing(times.shift())
        if twice := int((again | again.shift(-1, fill_value=False)).sum()):
            yield f"{twice} rows of shard {shard} share sensor and time with another"
