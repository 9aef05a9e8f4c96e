"""A process that loads a library while the run does something else, and waits to be needed.

Great Expectations takes three seconds of one core to load. A run that will need it starts the
process when it begins; by the time there is something to check, the process waits for it.
"""

import importlib
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from modelfleet.fleet.engine.leaving import leave_with
from modelfleet.fleet.engine.threads import ONE_THREAD

__all__ = ["dismiss", "prepare", "run_aside"]

T = TypeVar("T")

logger = logging.getLogger(__name__)

_waiting: list[Any] = []  # at most one process


def prepare(module: str, *, env: Mapping[str, str]) -> None:
    """Start the process with some settings, and let it load a module; returns at once."""
    if not _waiting:
        from joblib.externals.loky import ProcessPoolExecutor

        process = ProcessPoolExecutor(
            1, initializer=leave_with, initargs=(os.getpid(),), env={**ONE_THREAD, **env}
        )
        process.submit(importlib.import_module, module)
        _waiting.append(process)


def run_aside(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in the process that waits, which then ends; here if there is none."""
    if not _waiting:
        return function(*arguments)
    from concurrent.futures.process import BrokenProcessPool

    process = _waiting.pop()
    try:
        return process.submit(function, *arguments).result()  # type: ignore[no-any-return]
    except BrokenProcessPool:
        logger.warning("the process of %s died; going on without it", function.__module__)
        return function(*arguments)
    finally:
        process.shutdown(wait=False)


def dismiss() -> None:
    """End the process if it still waits: what it was to do was never come to."""
    while _waiting:
        _waiting.pop().shutdown(wait=False, kill_workers=True)
