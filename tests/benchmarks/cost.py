"""What a piece of work costs this process and the processes that it starts.

Nothing but the standard library: it also runs where Modelfleet is not installed.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Cost", "cost_of"]


@dataclass(frozen=True)
class Cost:
    """Seconds of wall, and CPU seconds of all processes."""

    wall: float
    cpu: float

    def per(self, count: int) -> "Cost":
        """The cost of one of ``count`` equal parts."""
        return Cost(self.wall / count, self.cpu / count)


def cost_of(work: Callable[[], Any]) -> Cost:
    """Do some work and say what it cost; the processes that it starts must have ended."""
    before = os.times()
    work()
    after = os.times()
    wall = after.elapsed - before.elapsed
    return Cost(wall, sum(after[:4]) - sum(before[:4]))
