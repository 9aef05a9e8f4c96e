"""How long a run of inference takes, step by step, and how much memory it needs.

Run it with ``python -m tests.benchmarks.inference``; it prints the table of docs/inference.md. The
fleet is kept in a folder if one is given, so that it is made once.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.domain.parameters.inference import InferenceParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.inference import (
    Inputs,
    account_for,
    forecast_fleet,
    known_sensors,
    plan_inference,
    read_recent,
)
from modelfleet.fleet.ingest.readings import READINGS_SCHEMA
from modelfleet.stores.delta import open_table
from modelfleet.stores.delta_commit import NewFiles, commit_files
from modelfleet.stores.governance import open_live
from modelfleet.stores.predictions import DeltaPredictions, append_origin
from modelfleet.stores.readings import DeltaReadings
from tests.benchmarks.serving import fleet_of
from tests.fleet.inference.fleets import append
from tests.fleet.serving.releases import BASELINE, Made
from tests.governed import governance

SHARDS = 64
DAYS = 14
FLEET = FleetParameters(
    name="t", frequency="1h", time_zone="UTC", horizon=24, shards=SHARDS, quorum=0.25
)
MEGABYTE = 1024


def table_of(made: Made, folder: Path, *, hours: int) -> DeltaReadings:
    """A table with one large batch and some daily ones, as months of ingestion leave it."""
    path = str(folder / "readings")
    ids, stop = made.table("serves")["sensor_id"], made.axis.stop
    random = np.random.default_rng(3)
    values = np.resize(made.series["a"], hours)
    days = [(stop - hours, stop - 24 * DAYS)]
    days += [(stop - 24 * (day + 1), stop - 24 * day) for day in reversed(range(DAYS))]
    for number, (first, end) in enumerate(days):
        times = pl.from_epoch(pl.Series(np.arange(first, end) * 3600), "s")
        times = times.dt.replace_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
        files = NewFiles(path)
        for shard in range(SHARDS):
            some = ids.gather_every(SHARDS, shard)
            level = np.tile(values[first - end :], len(some))
            rows = {
                "sensor_id": some.gather(np.repeat(np.arange(len(some)), end - first)),
                "timestamp": pl.concat([times] * len(some)),
                "value": level + random.normal(scale=0.1, size=len(level)),
            }
            files.write(pl.DataFrame(rows), shard=shard)
        commit_files(open_table(path) or path, READINGS_SCHEMA, files, [(f"batch {number}", 1)])
    return readings_at(path)


def readings_at(path: str) -> DeltaReadings:
    """The newest version."""
    table = open_table(path)
    assert table is not None
    readings = DeltaReadings(path, str(table.metadata().id), table.version(), {})
    readings.settle()
    return readings


@dataclass
class Watch:
    """Seconds by step, on the clock and of the processor."""

    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)

    def over(self, step: str, work: Callable[[], Any]) -> Any:
        """Do something and remember how long it took."""
        began, busy = time.perf_counter(), time.process_time()
        found = work()
        spent = (time.perf_counter() - began, time.process_time() - busy)
        before = self.seconds.get(step, (0.0, 0.0))
        self.seconds[step] = (before[0] + spent[0], before[1] + spent[1])
        return found


def run(folder: Path, axis: Axis, origins: tuple[str, ...] = (), *, name: str) -> Watch:
    """A run of inference, as the nodes of the stage do it."""
    watch = Watch()
    readings = readings_at(str(folder / "readings"))
    live = watch.over("open what is live", lambda: open_live(governance(str(folder))))
    (release,) = live.releases.values()
    sensors = release.table("sensors")
    path = str(folder / name)
    parameters = InferenceParameters(
        origins=origins, step="1d", max_backup_share=1.0, max_fallback_share=1.0
    )
    plan = watch.over(
        "plan",
        lambda: plan_inference(
            parameters,
            axis=axis,
            live=live,
            table=DeltaPredictions(path),
            known=known_sensors(sensors, readings.spans()),
            readings_version=readings.version,
        ),
    )
    since = plan.since(timedelta(weeks=BASELINE.reach))
    recent = watch.over(
        "read the readings", lambda: read_recent(readings, since=since, until=plan.until)
    )
    print(recent.account())
    inputs = Inputs(
        readings=recent.rows,
        covariates=pl.DataFrame(schema={"timestamp": pl.Datetime("us", "UTC")}),
        excluded={},
        sensors=sensors,
        fleet=FLEET,
        baseline=BASELINE,
        packages=["sklearn"],
    )
    frames = forecast_fleet(plan, inputs)
    while (rows := watch.over("forecast", lambda: next(frames, None))) is not None:
        watch.over("append", lambda rows=rows: append_origin(path, rows))
    (account, *_) = watch.over("count", lambda: account_for(pl.scan_delta(path), plan))
    assert account["sources"]["model"] > 0
    return watch


def peak() -> float:
    """Most megabytes that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def make(folder: Path, sensors: int, hours: int) -> Axis:
    """A release that serves, and readings, unless they are there; the axis of the fleet."""
    known = folder / "axis.json"
    if not known.exists():
        print("making the fleet; run again with the same --folder to measure memory")
        made = fleet_of(sensors)
        append(governance(str(folder)), made, "c")
        table_of(made, folder, hours=hours)
        known.write_text(json.dumps(made.axis.as_dict()))
    return Axis(**json.loads(known.read_text()))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, default=5000)
    parser.add_argument("--hours", type=int, default=8760, help="of history")
    parser.add_argument("--origins", type=int, default=1, help="days before the end, to backfill")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        axis = make(folder, asked.sensors, asked.hours)
        before = peak()
        last = axis.time(axis.stop)
        texts = (last - timedelta(days=k) for k in range(asked.origins))
        origins = tuple(f"{each:%Y-%m-%dT%H:%M}" for each in texts)
        watch = run(folder, axis, origins, name=f"predictions-{time.time_ns()}")
        print("| step | seconds | of the processor |\n|---|---|---|")
        for step, (clock, processor) in watch.seconds.items():
            print(f"| {step} | {clock:.2f} | {processor:.2f} |")
        total = [sum(each) for each in zip(*watch.seconds.values(), strict=True)]
        print(f"| together | {total[0]:.2f} | {total[1]:.2f} |")
        print(f"memory beyond {before:,.0f} MB: {peak() - before:,.0f} MB")


if __name__ == "__main__":
    main()
