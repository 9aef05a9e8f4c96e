"""Workers of a Dask cluster, on this machine or on many."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelfleet.domain.errors import TaskError
from modelfleet.fleet.engine.base import Ended
from modelfleet.fleet.engine.futures import run_futures
from modelfleet.fleet.engine.memory import KEEP_MEMORY
from modelfleet.fleet.engine.work import Call
from modelfleet.fleet.processes import ONE_THREAD

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

__all__ = ["DaskEngine", "open_dask"]

ANSWER = 30.0
"""Seconds that a scheduler may take to answer, and a cluster to bring its first worker."""

AHEAD = 2
"""Calls per thread of the cluster that are under way, so that no worker waits for the next one."""


@dataclass(frozen=True)
class DaskEngine:
    """Dask's own futures: joblib's backend for Dask waits for ever for a worker that died.

    The scheduler gives a call whose worker died to others, ``distributed.scheduler.
    allowed-failures`` times, and then tells us.
    """

    client: "Client"

    @property
    def workers(self) -> int:
        """Threads of all workers that are there now; a cluster may grow and shrink."""
        return int(sum(self.client.nthreads().values()))

    def run(self, calls: Iterable[Call]) -> Iterator[Ended]:
        """See :class:`~modelfleet.fleet.engine.base.Engine`."""
        from distributed import KilledWorker

        executor = self.client.get_executor(pure=False)
        yield from run_futures(
            calls,
            executor.submit,
            window=lambda: AHEAD * self.workers,
            deaths=(KilledWorker,),
            check=self._check,
        )

    def _check(self) -> None:
        if not self.workers:
            raise TaskError(
                f"no worker is left at {self.client.scheduler.address}; start workers and run "
                "again; what is finished is kept"
            )


@contextmanager
def open_dask(address: str | None, workers: int) -> Iterator[DaskEngine]:
    """Connect to a scheduler, or start a cluster of processes here and close it at the end.

    Raises:
        TaskError: nobody answers at the address, or there is no worker.
    """
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.WARNING)  # it tells of every connection
    with ExitStack() as stack:
        place = address or stack.enter_context(_local_cluster(workers))
        try:
            client = stack.enter_context(Client(place, timeout=ANSWER, set_as_default=False))
            client.wait_for_workers(1, timeout=ANSWER)
        except (OSError, TimeoutError) as error:
            raise TaskError(
                f"no Dask cluster with workers answers at {address}: {error}; start its scheduler "
                "and workers, or correct engine.address"
            ) from error
        yield DaskEngine(client)


def _local_cluster(workers: int) -> "LocalCluster":
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"allowed_failures": 0},  # who died of what is found out by us
        env={**ONE_THREAD, **KEEP_MEMORY},
    )
