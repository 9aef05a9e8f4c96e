"""Everything in this process, one call after the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelfleet.fleet.engine.base import Ended
from modelfleet.fleet.engine.work import Call

__all__ = ["SequentialEngine"]


@dataclass(frozen=True)
class SequentialEngine:
    """No worker at all: for a debugger, and for small fleets. What kills a worker ends the run."""

    workers: int = 1

    def run(self, calls: Iterable[Call]) -> Iterator[Ended]:
        """See :class:`~modelfleet.fleet.engine.base.Engine`."""
        for call in calls:
            try:
                call()
            except MemoryError:
                yield Ended(call, died=True)
            else:
                yield Ended(call)
