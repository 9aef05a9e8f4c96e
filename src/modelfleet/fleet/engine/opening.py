"""From configuration to an engine that is ready."""

from contextlib import AbstractContextManager, nullcontext

from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.engine.base import Engine
from modelfleet.fleet.engine.loky import LokyEngine
from modelfleet.fleet.engine.sequential import SequentialEngine

__all__ = ["open_engine"]


def open_engine(parameters: EngineParameters) -> AbstractContextManager[Engine]:
    """Make the engine that the configuration names, for the length of a ``with`` block."""
    workers = _cores() if parameters.workers == "auto" else parameters.workers
    match parameters.backend:
        case "sequential":
            return nullcontext(SequentialEngine())
        case "loky":
            return nullcontext(LokyEngine(workers))
        case "dask":
            from modelfleet.fleet.engine.dask import open_dask

            return open_dask(parameters.address, workers)
        case "ray":
            from modelfleet.fleet.engine.ray import open_ray

            return open_ray(parameters.address, workers)


def _cores() -> int:
    from joblib import cpu_count

    return int(cpu_count())
