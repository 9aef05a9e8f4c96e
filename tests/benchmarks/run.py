"""How long the real ``kedro run`` takes on a synthetic fleet, stage by stage.

``make bench ARGS='--sensors 500 --hours 8760'``. Never a timed test: machines differ, so compare
runs of one machine only.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.project import Project, inside, make_project

START = datetime(2018, 1, 1, tzinfo=UTC)
SEED = 20_180_101


def main() -> None:
    """Make the fleet, run it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, default=500, help="number of sensors")
    parser.add_argument("--hours", type=int, default=8760, help="hourly readings of each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder) / "project", sensors=())
        write_fleet(project, sensors=arguments.sensors, hours=arguments.hours)
        figures = measure(project)
    figures = {"sensors": arguments.sensors, "hours": arguments.hours, **figures}
    print(json.dumps(figures, indent=1) if arguments.json else as_table(figures))


def write_fleet(project: Project, *, sensors: int, hours: int) -> None:
    """A seeded fleet: a weekly pattern, an autoregressive disturbance, 1 in 200 missing."""
    generator = np.random.default_rng(SEED)
    times = [START.replace(tzinfo=None) + timedelta(hours=hour) for hour in range(hours)]
    hour = np.arange(hours)
    frames = []
    for number in range(sensors):
        level, size = generator.uniform(5, 50), generator.uniform(0.5, 5)
        wave = np.sin(2 * np.pi * (hour - generator.integers(24)) / 24)
        week = 0.3 * np.sin(2 * np.pi * hour / 168)
        values = level + size * (wave + week) + disturbance(generator, hours, size / 4)
        keep = generator.random(hours) > 0.005
        frames.append(
            pl.DataFrame(
                {
                    "sensor_id": pl.repeat(f"S{number:06}", hours, eager=True),
                    "timestamp": times,
                    "value": values,
                }
            ).filter(keep)
        )
    pl.concat(frames).write_parquet(project.raw / "readings.parquet")
    pl.DataFrame(
        {
            "sensor_id": [f"S{number:06}" for number in range(sensors)],
            "kind": ["flow"] * sensors,
            "unit": ["L/s"] * sensors,
            "district": [f"D{number % 20:02}" for number in range(sensors)],
            "lower_limit": [-1e6] * sensors,
            "upper_limit": [1e6] * sensors,
        }
    ).write_csv(project.raw / "sensors.csv")


def disturbance(generator: np.random.Generator, hours: int, size: float) -> np.ndarray:
    """An AR(1) process with coefficient 0.9."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0], [1.0, -0.9], generator.normal(0, size, hours)))


def measure(project: Project) -> dict[str, float | dict[str, float]]:
    """Run twice, in processes of their own: from nothing, and with nothing changed."""
    figures: dict[str, float | dict[str, float]] = {}
    for name in ("first", "unchanged"):
        before = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "kedro", "run"],
            cwd=project.path,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        figures[f"{name}_seconds"] = round(time.perf_counter() - before, 1)
        figures[f"{name}_stages"] = stage_seconds(project)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures["peak_megabytes_of_one_process"] = round(usage.ru_maxrss / 1024)
    return figures


def stage_seconds(project: Project) -> dict[str, float]:
    """Seconds per stage of the newest run, as MLflow has them."""
    import mlflow

    with inside(project.path):
        client = mlflow.MlflowClient("sqlite:///data/mlflow/mlflow.db")
        names = {e.name: e.experiment_id for e in client.search_experiments()}
        (run,) = client.search_runs([names["modelfleet-local"]], max_results=1)
    metrics = run.data.metrics.items()
    return {k.removeprefix("seconds."): round(v, 1) for k, v in metrics if k.startswith("seconds.")}


def as_table(figures: dict[str, float | dict[str, float]]) -> str:
    """The figures as lines of text."""
    lines = []
    for name, figure in figures.items():
        if isinstance(figure, dict):
            lines += [f"  {stage:<32} {seconds}" for stage, seconds in figure.items()]
        else:
            lines.append(f"{name:<34} {figure}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
