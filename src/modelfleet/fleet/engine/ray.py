"""Workers of a Ray cluster, on this machine or on many."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass

from modelfleet.domain.errors import TaskError
from modelfleet.fleet.engine.base import Ended
from modelfleet.fleet.engine.futures import run_futures
from modelfleet.fleet.engine.work import Call

__all__ = ["RayEngine", "open_ray"]


@dataclass(frozen=True)
class RayEngine:
    """One core per call; Ray does not repeat a call by itself, we do."""

    @property
    def workers(self) -> int:
        """Cores of the cluster."""
        import ray

        return int(ray.cluster_resources().get("CPU", 0))

    def run(self, calls: Iterable[Call]) -> Iterator[Ended]:
        """See :class:`~modelfleet.fleet.engine.base.Engine`."""
        import ray
        from ray.exceptions import NodeDiedError, OutOfMemoryError, WorkerCrashedError

        work = ray.remote(num_cpus=1, max_retries=0)(_work)

        def submit(call: Call) -> "Future[None]":
            future: Future[None] = work.remote(call).future()
            return future

        yield from run_futures(
            calls,
            submit,
            window=lambda: self.workers,
            deaths=(NodeDiedError, OutOfMemoryError, WorkerCrashedError),
        )


def _work(call: Call) -> None:
    call()


@contextmanager
def open_ray(address: str | None, workers: int) -> Iterator[RayEngine]:
    """Connect to a cluster, or start one of processes here and end it afterwards.

    Raises:
        TaskError: nobody answers at the address.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would report to its makers
    import ray

    local = {"num_cpus": workers, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(address or "local", log_to_driver=False, **({} if address else local))
    except ConnectionError as error:
        raise TaskError(
            f"no Ray cluster answers at {address}: {error}; start it, or correct engine.address"
        ) from error
    try:
        yield RayEngine()
    finally:
        ray.shutdown()
