"""A process that loads libraries while the run does something else, and waits to be needed.

Great Expectations takes four seconds of one core to load, scikit-learn two, matplotlib one. A run
that will need them starts the process when it begins, while one core still has nothing to do; by
the time there is something to check, the process waits for it. It serves once for each library, in
order.
"""

import atexit
import functools
import importlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from modelfleet.fleet.engine.base import Ended
from modelfleet.fleet.engine.leaving import leave_with
from modelfleet.fleet.engine.threads import ONE_THREAD
from modelfleet.fleet.engine.work import Call

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = [
    "GREAT_EXPECTATIONS",
    "MATPLOTLIB",
    "SCIKIT_LEARN",
    "AsideEngine",
    "begin_aside",
    "dismiss",
    "prepare",
    "run_aside",
]

GREAT_EXPECTATIONS = "great_expectations"
MATPLOTLIB = "matplotlib.figure"
SCIKIT_LEARN = "sklearn.linear_model"

COMPANIONS = {
    MATPLOTLIB: ("matplotlib.backends.backend_agg", "PIL.PngImagePlugin"),
    SCIKIT_LEARN: ("sklearn.pipeline", "sklearn.preprocessing"),
}
"""What a library's first use would load besides."""

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
    return begin_aside(module, function, *arguments, **named)()


def begin_aside(
    module: str, function: Callable[..., T], *arguments: Any, **named: Any
) -> Callable[[], T]:
    """The same while this process goes on: what is returned waits for the answer, and gives it.

    Call it once. Where no process waits, it is what does the work.
    """
    here = functools.partial(function, *arguments, **named)
    waiting = next((each for each in _waiting if module in each.modules), None)
    if waiting is None:
        return here
    _waiting.clear()
    left = waiting.modules[waiting.modules.index(module) + 1 :]
    rest = _Waiting(waiting.process, left)
    try:
        asked = waiting.process.submit(function, *arguments, **named)
    except BrokenProcessPool:  # it died while it waited
        return functools.partial(_without, module, here)
    return functools.partial(_answer, asked, rest, functools.partial(_without, module, here))


def _answer(asked: "Future[T]", rest: _Waiting, otherwise: Callable[[], T]) -> T:
    """What the process answers; it then goes on to the next library."""
    try:
        told = asked.result()
    except BrokenProcessPool:
        return otherwise()
    except BaseException:
        rest.process.shutdown(wait=False)
        raise
    _load(rest)
    return told


def _without(module: str, here: Callable[[], T]) -> T:
    logger.warning("the process of %s died; going on without it", module)
    return here()


def dismiss() -> None:
    """End the process if it still waits: what it was to do was never come to."""
    while _waiting:
        _waiting.pop().process.shutdown(wait=False, kill_workers=True)


def _load(waiting: _Waiting) -> None:
    if not waiting.modules:
        waiting.process.shutdown(wait=False)
        return
    with suppress(BrokenProcessPool):  # whoever asks next does without it
        for module in (waiting.modules[0], *COMPANIONS.get(waiting.modules[0], ())):
            waiting.process.submit(importlib.import_module, module)
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
