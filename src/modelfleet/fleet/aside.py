"""A process that loads libraries while the run does something else, and waits to be needed.

Great Expectations takes four seconds of one core to load, scikit-learn one, matplotlib another. A
run that will need them starts the process when it begins, while one core still has nothing to do;
by the time there is something to check, the process waits for it. It serves once for each library,
in order.
"""

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from modelfleet.fleet.companion import Companion, CompanionDiedError

__all__ = [
    "GREAT_EXPECTATIONS",
    "MATPLOTLIB",
    "SCIKIT_LEARN",
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
    """The process and the libraries that it will still serve for."""

    process: Companion
    modules: tuple[str, ...]


_waiting: list[_Waiting] = []  # at most one


def prepare(modules: Sequence[str], *, env: Mapping[str, str], also: Sequence[str] = ()) -> None:
    """Start the process with some settings, and let it load; returns at once.

    Args:
        modules: what it will be needed for, in the order in which :func:`run_aside` will ask.
        env: settings that only it gets.
        also: what else it loads, last: modules of the functions that it will be asked to call.
    """
    if modules and not _waiting:
        loaded = [each for module in modules for each in (module, *COMPANIONS.get(module, ()))]
        _waiting.append(_Waiting(Companion([*loaded, *also], env=env), tuple(modules)))


def run_aside(module: str, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Call a function in the process that waits with a library; here if there is none.

    The process ends with the last library that it serves for.
    """
    return begin_aside(module, function, *arguments, **named)()


def begin_aside(
    module: str, function: Callable[..., T], *arguments: Any, **named: Any
) -> Callable[[], T]:
    """The same while this process goes on: what is returned waits for the answer, and gives it.

    Where no process waits, it is what does the work.
    """
    here = functools.partial(function, *arguments, **named)
    waiting = next((each for each in _waiting if module in each.modules), None)
    if waiting is None:
        return here
    left = waiting.modules[waiting.modules.index(module) + 1 :]
    _waiting[:] = [replace(waiting, modules=left)] if left else []
    otherwise = functools.partial(_without, module, here)
    try:
        asked = waiting.process.ask(function, *arguments, **named)
    except CompanionDiedError:  # it died while it waited
        return otherwise
    if not left:
        waiting.process.leave()
    return functools.partial(_answer, waiting.process, asked, otherwise)


def _answer(process: Companion, asked: int, otherwise: Callable[[], T]) -> T:
    """What the process answers."""
    try:
        told: T = process.answer(asked)
    except CompanionDiedError:
        return otherwise()
    return told


def _without(module: str, here: Callable[[], T]) -> T:
    dismiss()
    logger.warning("the process of %s died; going on without it", module)
    return here()


def dismiss() -> None:
    """End the process if it still waits: what it was to do was never come to."""
    while _waiting:
        _waiting.pop().process.kill()
