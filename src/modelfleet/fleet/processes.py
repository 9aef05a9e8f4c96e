"""Processes of a run on its own machine: those that it starts are gone when it is."""

import atexit
import gc
import os
import threading
import time
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ONE_THREAD", "begin_work", "collect_rarely"]

ONE_THREAD: Mapping[str, str] = MappingProxyType(
    {
        "MKL_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "POLARS_MAX_THREADS": "1",
    }
)
"""Environment of the processes that are started: there are as many of them as cores."""


def collect_rarely() -> None:
    """Look less often for rubbish among the objects of libraries, which stay.

    There are half a million of them. To search them at every 700 new ones takes a sixth of the time
    of loading, and to search them when the process ends takes up to a second.
    """
    gc.set_threshold(50_000, 20, 50)
    atexit.register(gc.freeze)


def begin_work(run: int) -> None:
    """In a process that was started: end when the run is gone, which may be killed untold.

    Args:
        run: id of the run's process, the parent of this one.
    """
    collect_rarely()

    def watch() -> None:
        while os.getppid() == run:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
