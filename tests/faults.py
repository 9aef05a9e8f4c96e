"""Faults for tests: processes that are killed, a full disk, a folder that may not be written."""

import multiprocessing
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = [
    "KILLS",
    "at_once",
    "close",
    "in_child",
    "kill_at_random",
    "with_full_disk",
    "without_rights",
]

KILLS = int(os.environ.get("KILLS", "20"))
"""Kills per stage; more take longer: ``KILLS=200 pytest -k killed``."""

NOBODY = 65534
PRELOADED = [
    *("pytest", "hypothesis", "polars", "deltalake", "obstore"),
    *("kedro.config", "kedro.io", "kedro.runner"),
    *("kedro_datasets.pandas", "kedro_datasets.json", "matplotlib.figure"),
    *("modelfleet.stores.ingestion_store", "modelfleet.stores.governance"),
    "modelfleet.pipelines.validation",
]
"""So that a process is killed at its work and not while it imports."""
PATIENCE = 60
"""Seconds that a process may take before the test gives up."""


def processes() -> multiprocessing.context.ForkServerContext:
    """Makes processes from a server that has imported what they need and run nothing.

    A fork of this process would wait for ever for threads of Polars that it does not have.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def kill_at_random(work: Callable[..., None], *args: Any, within: float, seed: int) -> bool:
    """Run ``work`` in a process of its own and kill it at some moment.

    Returns:
        whether it was still at work.
    """
    begun = processes().Event()
    process = processes().Process(target=_begin, args=(begun, work, args))
    process.start()
    assert begun.wait(PATIENCE)
    time.sleep(random.Random(seed).uniform(0, within))
    alive = process.is_alive()
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    return alive


def in_child(work: Callable[..., Any], *args: Any) -> tuple[str, str]:
    """Run ``work`` in a process of its own; what became of it.

    Returns:
        ``done`` and what it returned, or the name of the error and its message.
    """
    return at_once([work], args)[0]


def at_once(works: Sequence[Callable[..., Any]], args: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Run several in processes of their own that begin together; see :func:`in_child`."""
    queue, barrier = processes().Queue(), processes().Barrier(len(works))
    running = [
        processes().Process(target=_report, args=(queue, barrier, work, args)) for work in works
    ]
    for process in running:
        process.start()
    try:
        return [queue.get(timeout=PATIENCE) for _ in running]
    finally:
        for process in running:
            process.join(PATIENCE)
            process.kill()


def _begin(begun: Any, work: Callable[..., None], args: tuple[Any, ...]) -> None:
    begun.set()
    work(*args)


def _report(queue: Any, barrier: Any, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    barrier.wait(PATIENCE)
    try:
        queue.put(("done", str(work(*args))))
    except BaseException as error:  # noqa: BLE001  whatever it is, the test wants to see it
        queue.put((type(error).__name__, str(error)))


def with_full_disk(size: int, work: Callable[..., Any], *args: Any) -> Any:
    """``work`` where no file can grow beyond ``size`` bytes; call it in a process of its own."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return work(*args)


def without_rights(work: Callable[..., Any], *args: Any) -> Any:
    """``work`` as an ordinary user, to whom folders can be closed; in a process of its own."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return work(*args)


def close(folder: Path) -> None:
    """Take the right to write away from everybody, in all folders below."""
    for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        each.chmod(0o555)
