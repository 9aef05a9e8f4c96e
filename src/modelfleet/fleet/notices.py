"""Events that people are told of, and where whoever changes something posts them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

__all__ = ["Notice", "Outbox"]


@dataclass(frozen=True)
class Notice:
    """Something happened to a release that its owners should know."""

    kind: Literal["requested", "approved", "rejected", "rolled_back", "held", "live"]
    environment: str
    release: str
    cohorts: tuple[str, ...]
    by: str
    reason: str
    at: datetime
    text: str


class Outbox(Protocol):
    """Takes notices and sees to it that they arrive."""

    def post(self, notice: Notice) -> None:
        """Keep a notice for delivery; never waits for the delivery itself."""
        ...
