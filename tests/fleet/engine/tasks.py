"""Readings in memory, and a task that sums them, dies, or runs out of memory as it is told."""

import os
import signal
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import polars as pl
from threadpoolctl import threadpool_info

from modelfleet.fleet.engine.memory import KEEP_MEMORY
from modelfleet.fleet.spans import spans_of

SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "outcome": pl.String(),
        "reason": pl.String(),
        "total": pl.Float64(),
        "values": pl.List(pl.Float32),
    }
)


@dataclass(frozen=True)
class FrameSource:
    """Readings held in memory, one table per shard."""

    tables: Mapping[int, pl.DataFrame]

    def shards(self) -> Mapping[int, str]:
        return {shard: str(table.hash_rows().sum()) for shard, table in self.tables.items()}

    def read(self, shard: int, *, only: Collection[str] | None = None) -> pl.DataFrame:
        empty = pl.DataFrame(schema={"sensor_id": pl.String, "value": pl.Float64})
        table = self.tables.get(shard, empty)
        return table if only is None else table.filter(pl.col("sensor_id").is_in(list(only)))

    def scan(self) -> pl.LazyFrame:
        return pl.concat(self.tables.values()).lazy()

    def news(self) -> pl.LazyFrame:
        return self.scan()

    def spans(self) -> pl.DataFrame:
        return spans_of(self.scan())

    def identity(self) -> Mapping[str, str | int]:
        return {}


@dataclass(frozen=True)
class SumTask:
    """Sums each sensor's values; leaves a mark for each.

    Attributes:
        sensors: ids by shard.
        marks: file with a line for each sensor that was begun.
        factor: of the sums.
        deeds: what some sensors do: ``kill`` their worker, do so ``once``, ``exhaust`` the memory,
            ``raise``, ``lose`` their row, ``wait`` for a second, count ``threads``
            or what makes it ``keep`` memory.
        crowd: how many sensors at once exhaust the memory.
        dear: effort per sensor.
    """

    sensors: Mapping[int, tuple[str, ...]]
    marks: str
    factor: float = 1.0
    deeds: Mapping[str, str] = field(default_factory=dict)
    crowd: int = 1_000
    dear: int = 1
    kind: str = "sums"

    @property
    def schema(self) -> pl.Schema:
        return SCHEMA

    def shards(self) -> Mapping[int, int]:
        return {shard: len(ids) for shard, ids in self.sensors.items()}

    def part(self, shard: int) -> Self:
        return replace(self, sensors={shard: self.sensors[shard]})

    def piece(self, start: int, stop: int) -> Self:
        return replace(self, sensors={s: ids[start:stop] for s, ids in self.sensors.items()})

    def sensor_ids(self) -> tuple[str, ...]:
        return tuple(sensor_id for ids in self.sensors.values() for sensor_id in ids)

    def effort(self) -> int:
        return self.dear * len(self.sensor_ids())

    def fingerprint(self) -> str:
        return str((sorted(self.sensors.items()), self.factor))

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        if len(self.sensor_ids()) >= self.crowd:
            raise MemoryError
        values = {
            name: table["value"].to_list() for (name,), table in readings.group_by("sensor_id")
        }
        rows = [self._row(i, values.get(i, [])) for i in self.sensor_ids()]
        return pl.DataFrame([row for row in rows if row], schema=SCHEMA)

    def _row(self, sensor_id: str, values: list[float]) -> dict[str, Any]:
        begun = computed(self)[sensor_id]
        with Path(self.marks).open("a") as marks:
            marks.write(f"{sensor_id}\n")
        total = sum(values) * self.factor
        match self.deeds.get(sensor_id):
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "once" if not begun:
                os.kill(os.getpid(), signal.SIGKILL)
            case "exhaust":
                raise MemoryError
            case "raise":
                raise RuntimeError("a bug")
            case "lose":
                return {}
            case "wait":
                time.sleep(1)
            case "threads":
                total = max(pool["num_threads"] for pool in threadpool_info())
            case "keep":
                total = sum(os.environ.get(name) == value for name, value in KEEP_MEMORY.items())
        return {"sensor_id": sensor_id, "outcome": "summed", "total": total, "values": values}


def computed(task: SumTask) -> Counter[str]:
    """How often each sensor was begun."""
    file = Path(task.marks)
    return Counter(file.read_text().split() if file.exists() else [])


def table(*rows: tuple[str, float]) -> pl.DataFrame:
    """Readings."""
    return pl.DataFrame(rows, schema={"sensor_id": pl.String, "value": pl.Float64}, orient="row")


SOURCE = FrameSource({0: table(("a", 1.0), ("b", 2.0)), 1: table(("c", 3.0)), 5: table(("d", 4.0))})
SENSORS = {0: ("a", "b"), 1: ("c",), 5: ("d",)}

MANY = {shard: tuple(f"s{n:02}" for n in range(40) if n % 3 == shard) for shard in range(3)}
"""Forty sensors in three shards; the last of each has no reading."""

MANY_SOURCE = FrameSource(
    {
        shard: table(*((i, 0.1 * hour) for i in ids[:-1] for hour in range(5)))
        for shard, ids in MANY.items()
    }
)
