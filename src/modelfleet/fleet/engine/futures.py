"""Running calls on anything that hands out futures: a pool of processes, or a cluster."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice

from modelfleet.domain.errors import TaskError, listing
from modelfleet.fleet.engine.base import Ended
from modelfleet.fleet.engine.work import Call
from modelfleet.fleet.isolation import reason_of

__all__ = ["run_futures"]

PATIENCE = 30.0
"""Seconds without any news, after which we ask whether there are workers at all."""


def _nothing() -> None:
    pass


def run_futures(
    calls: Iterable[Call],
    submit: Callable[[Call], "Future[None]"],
    *,
    window: Callable[[], int],
    deaths: tuple[type[BaseException], ...],
    check: Callable[[], None] = _nothing,
) -> Iterator[Ended]:
    """Keep some calls under way, and tell of each when it is over.

    Args:
        calls: what to run.
        submit: hands a call to a worker.
        window: how many calls may be under way now.
        deaths: exceptions that tell of a dead worker.
        check: raises where there is nothing left to wait for.
    """
    waiting = iter(calls)
    running: dict[Future[None], Call] = {}
    try:
        while True:
            for call in islice(waiting, max(window() - len(running), 0 if running else 1)):
                running[submit(call)] = call
            if not running:
                return
            over = wait(running, timeout=PATIENCE, return_when=FIRST_COMPLETED).done
            if not over:
                check()
            for future in over:
                call = running.pop(future)
                yield Ended(call, died=_died(future, call, deaths))
    finally:
        for future in running:
            future.cancel()


def _died(future: "Future[None]", call: Call, deaths: tuple[type[BaseException], ...]) -> bool:
    """Whether a call's worker died.

    Raises:
        TaskError: the call raised, or could not be sent or brought back.
    """
    try:
        future.result()
    except BaseException as error:
        if isinstance(error, (MemoryError, *deaths)):
            return True
        if isinstance(error, TaskError) or not isinstance(error, Exception):
            raise
        shards = listing(sorted({job.shard for job in call.jobs}))
        raise TaskError(
            f"{call.jobs[0].task.kind}: shards {shards}: {reason_of(error)}; "
            "what is finished is kept, run again when the cause is mended"
        ) from error
    return False
