"""How long a release takes to forecast a fleet, and to be shown in MLflow.

Run it with ``python -m tests.benchmarks.serving``; it prints the table of docs/serving.md.
"""

import argparse
import functools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.release_content import table_bytes
from modelfleet.fleet.serving import Forecaster, backfill
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import ReleaseStore
from tests.benchmarks.recipe import default_recipe
from tests.fleet.serving.releases import WEEK, Made, make_release
from tests.fleet.tasks.test_tasks import noise

__all__ = ["measure"]

TIMES = 5
DAYS = 30


def fleet_of(sensors: int) -> Made:
    """A release of so many sensors with the default recipe, made of one that was fitted."""
    recipe = default_recipe().model_dump(mode="json", by_alias=True)
    parameters = TrainingParameters.model_validate(
        {"allowed_packages": ["sklearn"], "recipes": {"r": recipe}, "assign": {"default": "r"}}
    )
    made = make_release({"a": noise("a")}, parameters=parameters)
    ids = pl.Series([f"S{number:06}" for number in range(sensors)])
    random = np.random.default_rng(1)
    tables = {}
    for name in ("models", "baselines", "sensors", "serves"):
        one = made.table(name)
        many = pl.concat([one] * sensors).with_columns(sensor_id=ids)
        if name == "models":  # else they would be packed to nothing
            shake = pl.Series(random.normal(1, 0.01, size=sensors))
            many = many.with_columns(pl.col("coefficients") * shake, pl.col("interval") * shake)
        tables[f"{name}.parquet"] = table_bytes(many)
    return replace(made, contents={**made.contents, **tables})


def readings_of(made: Made, sensors: int, *, since: datetime) -> pl.DataFrame:
    """Readings of all sensors from a time on."""
    times = pl.datetime_range(since, made.axis.end, interval="1h", eager=True).cast(
        pl.Datetime("us", "UTC")
    )
    steps = len(times)
    values = np.tile(made.series["a"][-steps:], sensors)
    values += np.random.default_rng(2).normal(scale=0.1, size=len(values))
    ids = made.table("serves")["sensor_id"]
    return pl.DataFrame(
        {
            "sensor_id": ids.gather(np.repeat(np.arange(sensors), steps)),
            "timestamp": pl.concat([times] * sensors),
            "value": values,
        }
    )


def median_of(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock and of the processor, medians of some repetitions."""
    clock, processor = [], []
    for _ in range(TIMES):
        began, busy = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
    return statistics.median(clock), statistics.median(processor)


def log_to_mlflow(made: Made, folder: Path) -> tuple[float, float]:
    """Register the release as a new model, time after time."""
    import mlflow

    from modelfleet.stores.mirror import register_release

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.create_experiment("e", artifact_location=str(folder / "artifacts"))
    mlflow.set_experiment("e")
    manifest = Manifest.of(made.contents, code="c", versions={}, readings="r")
    releases = Objects(str(folder / "releases"))
    for path, content in made.contents.items():
        releases.put(f"{manifest.rid}/{path}", content)
    releases.create(f"{manifest.rid}/MANIFEST.json", manifest.to_bytes())
    releases.put(f"{manifest.rid}/PROVENANCE.json", json.dumps({"files": []}).encode())
    names = iter(f"model-{number}" for number in range(TIMES + 1))

    def work() -> None:
        register_release(ReleaseStore(releases), manifest.rid, next(names), state="live")

    with mlflow.start_run():
        work()  # imports
        return median_of(work)


def measure_backfill(made: Made, sensors: int) -> dict[str, tuple[float, float]]:
    """Forecast the last days before the release's end, from the whole history."""
    readings = readings_of(made, sensors, since=made.axis.time(made.axis.first))
    end = made.axis.time(made.axis.stop)

    def days(count: int) -> None:
        origins = [end - timedelta(days=DAYS - day) for day in range(count)]
        for _ in backfill(made.forecaster, readings, origins=origins):
            pass

    weeks = (made.axis.stop - made.axis.first) // WEEK
    return {
        f"backfill of {count}, {weeks} weeks of history": median_of(functools.partial(days, count))
        for count in (1, DAYS)
    }


def measure(sensors: int) -> dict[str, tuple[float, float]]:
    """Seconds by what was done."""
    made = fleet_of(sensors)
    forecaster = made.forecaster
    readings = readings_of(made, sensors, since=forecaster.readings_from)
    alone = readings.filter(pl.col("sensor_id") == "S000000")
    forecaster.predict(readings)
    found = {
        "read the tables of the release": median_of(lambda: Forecaster.of(made)),
        f"forecast {sensors:,} sensors": median_of(lambda: forecaster.predict(readings)),
        "forecast one sensor": median_of(lambda: forecaster.predict(alone, sensors=["S000000"])),
    }
    found |= measure_backfill(made, sensors)
    with tempfile.TemporaryDirectory() as folder:
        found["register the release in MLflow"] = log_to_mlflow(made, Path(folder))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, default=5000)
    asked = parser.parse_args()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    print("| what | seconds | of the processor |\n|---|---|---|")
    for what, (clock, processor) in measure(asked.sensors).items():
        print(f"| {what} | {clock:.2f} | {processor:.2f} |")


if __name__ == "__main__":
    main()
