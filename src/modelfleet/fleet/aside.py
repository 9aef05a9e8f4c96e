"""A process that loads libraries while the run does something else, and waits to be needed.

Great Expectations takes four seconds of one core to load, scikit-learn two, matplotlib one. A run
that will need them starts the process when it begins, while one core still has nothing to do; by
the time there is something to check, the process waits for it. It serves once for each library, in
order.
"""

import atexit
import importlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from modelfleet.fleet.engine.base import Ended
from modelfleet.fleet.engine.leaving import leave_with
from modelfleet.fleet.engine.threads import ONE_THREAD
from modelfleet.fleet.engine.work import Call

__all__ = [
    "GREAT_EXPECTATIONS",
    "MATPLOTLIB",
    "SCIKIT_LEARN",
    "AsideEngine",
    "dismiss",
    "prepare",
    "run_aside",
]

GREAT_EXPECTATIONS = "great_expectations"
MATPLOTLIB = "matplotlib.backends.backend_agg"
SCIKIT_LEARN = "sklearn.linear_model"

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Waiting:
    """The process and the libraries that it will still serve for, the loaded one first."""

    process: Any
    modules: tuple[str, ...]


_waiting: list[_Waiting] = []  # at most one


def prepare(modules: Sequence[str], *, env: Mapping[str, str]) -> None:
    """Start the process with some settings, and let it load; returns at once.

    Args:
        modules: what it will be needed for, in the order in which :func:`run_aside` will ask.
        env: settings that only it gets.
    """
    if modules and not _waiting:
        from joblib.externals.loky import ProcessPoolExecutor

        process = ProcessPoolExecutor(
            1, initializer=leave_with, initargs=(os.getpid(),), env={**ONE_THREAD, **env}
        )
        atexit.register(dismiss)  # a run that is refused ends at once
        _load(_Waiting(process, tuple(modules)))


def run_aside(module: str, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Call a function in the process that waits with a library; here if there is none.

    The process then loads the next library, or ends.
    """
    waiting = next((each for each in _waiting if module in each.modules), None)
    if waiting is None:
        return function(*arguments, **named)
    _waiting.clear()
    left = waiting.modules[waiting.modules.index(module) + 1 :]
    try:
        told = waiting.process.submit(function, *arguments, **named).result()
    except BrokenProcessPool:
        logger.warning("the process of %s died; going on without it", module)
        return function(*arguments, **named)
    except BaseException:
        waiting.process.shutdown(wait=False)
        raise
    _load(_Waiting(waiting.process, left))
    return told  # type: ignore[no-any-return]


def dismiss() -> None:
    """End the process if it still waits: what it was to do was never come to."""
    while _waiting:
        _waiting.pop().process.shutdown(wait=False, kill_workers=True)


def _load(waiting: _Waiting) -> None:
    if not waiting.modules:
        waiting.process.shutdown(wait=False)
        return
    with suppress(BrokenProcessPool):  # whoever asks next does without it
        waiting.process.submit(importlib.import_module, waiting.modules[0])
        _waiting.append(waiting)


@dataclass(frozen=True)
class AsideEngine:
    """An :class:`~modelfleet.fleet.engine.base.Engine` of the process that waits with a library.

    Attributes:
        module: the library.
        workers: always one.
    """

    module: str
    workers: int = 1

    def run(self, calls: Iterable[Call]) -> Iterator[Ended]:
        """See :class:`~modelfleet.fleet.engine.base.Engine`."""
        handed = tuple(calls)
        try:
            run_aside(self.module, _do_all, handed)
        except MemoryError:
            yield from (Ended(call, died=True) for call in handed)
        else:
            yield from map(Ended, handed)


def _do_all(calls: Iterable[Call]) -> None:
    for call in calls:
        call()
