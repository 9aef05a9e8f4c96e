"""The process that waits with a library, as an engine."""

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelfleet.fleet.aside import begin_aside
from modelfleet.fleet.engine.base import Ended
from modelfleet.fleet.engine.work import Call

__all__ = ["AsideEngine"]


@dataclass(frozen=True)
class AsideEngine:
    """An :class:`~modelfleet.fleet.engine.base.Engine` of the process that waits with a library.

    Attributes:
        module: the library.
        meanwhile: a module that this process loads while it waits.
        workers: always one.
    """

    module: str
    meanwhile: str
    workers: int = 1

    def run(self, calls: Iterable[Call]) -> Iterator[Ended]:
        """See :class:`~modelfleet.fleet.engine.base.Engine`."""
        handed = tuple(calls)
        try:
            answer = begin_aside(self.module, _do_all, handed)
            importlib.import_module(self.meanwhile)
            answer()
        except MemoryError:
            yield from (Ended(call, died=True) for call in handed)
        else:
            yield from map(Ended, handed)


def _do_all(calls: Iterable[Call]) -> None:
    for call in calls:
        call()
