"""How far the fleet is: a bar on a terminal, a log line every few seconds elsewhere."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Progress", "show_progress"]

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 5.0


class Progress(Protocol):
    """Takes note of finished sensors."""

    def advance(self, sensors: int) -> None:
        """So many more are done."""
        ...


class _Lines:
    def __init__(self, title: str, total: int) -> None:
        self._title, self._total, self._done = title, total, 0
        self._last = time.monotonic()

    def advance(self, sensors: int) -> None:
        self._done += sensors
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            logger.info("%s: %d of %d sensors", self._title, self._done, self._total)


@contextmanager
def show_progress(title: str, total: int) -> Iterator[Progress]:
    """Show the progress of ``total`` sensors while the block runs."""
    if not sys.stderr.isatty():
        yield _Lines(title, total)
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)

        class _Bar:
            def advance(self, sensors: int) -> None:
                bar.advance(task, sensors)

        yield _Bar()
