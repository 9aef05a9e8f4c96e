"""Worker processes on this machine."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from modelfleet.fleet.engine.base import Ended
from modelfleet.fleet.engine.futures import run_futures
from modelfleet.fleet.engine.memory import KEEP_MEMORY
from modelfleet.fleet.engine.work import Call
from modelfleet.fleet.processes import ONE_THREAD, begin_work

__all__ = ["LokyEngine"]

IDLE = 300.0
"""Seconds after which a worker without work leaves."""


@dataclass(frozen=True)
class LokyEngine:
    """Processes of joblib's loky, kept alive between tasks.

    A worker that dies breaks its pool, and with it the calls of the other workers. So no more
    calls are handed out than there are workers, which keeps the suspects few, and the next call
    gets a new pool.
    """

    workers: int

    def run(self, calls: Iterable[Call]) -> Iterator[Ended]:
        """See :class:`~modelfleet.fleet.engine.base.Engine`."""
        from joblib.externals.loky.process_executor import BrokenProcessPool

        def submit(call: Call) -> "Future[None]":
            future: Future[None]
            try:
                future = self._pool().submit(call)
            except BrokenProcessPool:  # a worker died since the pool was looked at
                future = self._pool().submit(call)
            return future

        try:
            yield from run_futures(
                calls, submit, window=lambda: self.workers, deaths=(BrokenProcessPool,)
            )
        except BaseException:
            # Nobody waits for what is under way any more; an interrupt leaves no process behind.
            self._pool().shutdown(kill_workers=True)
            raise

    def _pool(self) -> Any:
        """The pool of this process; a new one where it is broken."""
        from joblib.externals.loky import get_reusable_executor

        return get_reusable_executor(
            self.workers,
            timeout=IDLE,
            initializer=begin_work,
            initargs=(os.getpid(),),
            env={**ONE_THREAD, **KEEP_MEMORY},
        )
