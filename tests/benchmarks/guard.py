"""What the guard costs a run: ``python -m tests.benchmarks.guard``.

All that a run of test has and would not have without it: the declarations of all environments,
the check of MLflow's places, a look at every entry of the project's catalog, and the pre-flight.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kedro.io import DataCatalog

from modelfleet.hooks import GuardHooks
from modelfleet.stores.environments import config_loader
from tests.project import ROOT, inside

__all__ = ["measure"]

Clock = Callable[[], float]


def measure(*, repeat: int = 5, clock: Clock = time.perf_counter) -> list[float]:
    """Seconds of each repetition; libraries are loaded and configuration is read before."""
    from modelfleet.pipeline_registry import register_pipelines

    pipeline = register_pipelines()["__default__"]
    with inside(ROOT):
        return [_once(pipeline, clock) for _ in range(repeat + 1)][1:]


def _once(pipeline: Any, clock: Clock) -> float:
    loader = config_loader(Path(ROOT, "conf"), "test")
    loader["catalog"], loader["mlflow"] = loader["catalog"], loader["mlflow"]  # a run reads them
    catalog = DataCatalog.from_config(loader["catalog"])
    for name in catalog:
        catalog.get(name)  # a run builds them
    hooks, context = GuardHooks(), SimpleNamespace(config_loader=loader, project_path=ROOT)
    start = clock()
    hooks.after_context_created(context)  # type: ignore[arg-type]
    hooks.before_pipeline_run(pipeline, catalog)
    return clock() - start


if __name__ == "__main__":
    for what, watch in {"wall": time.perf_counter, "CPU": time.process_time}.items():
        seconds = [1000 * each for each in measure(repeat=20, clock=watch)]
        print(f"{what}: {statistics.median(seconds):.0f} ms, at most {max(seconds):.0f} ms")
