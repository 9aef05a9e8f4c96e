"""What an engine is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from modelfleet.fleet.engine.work import Call

__all__ = ["Ended", "Engine"]


@dataclass(frozen=True)
class Ended:
    """A call that is over.

    Attributes:
        call: which one.
        died: whether its worker died, or ran out of memory, while it had the call.
    """

    call: Call
    died: bool = False


class Engine(Protocol):
    """Runs calls somewhere."""

    @property
    def workers(self) -> int:
        """How many calls run at the same time."""
        ...

    def run(self, calls: Iterable[Call]) -> Iterator[Ended]:
        """Run all calls and tell of each when it is over, in any order.

        Calls are taken when there is a worker for them: a large fleet is never in memory at once. A
        worker that dies takes nothing with it but the calls that were under way; the others still
        run.

        Raises:
            TaskError: a call raised, or no worker can be had.
        """
        ...
