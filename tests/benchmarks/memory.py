"""Memory of a tree of processes, sampled while it runs.

PSS (proportional set size) counts a page that several processes share in equal parts, so that the
sum over a tree is what the tree takes from the machine. RSS would count shared pages many times.

Samples are few on purpose. Reading ``/proc/PID/smaps_rollup`` walks the page tables of the process
under the lock on its memory map: 20 readings a second doubled the CPU time of the process that was
measured. One a second costs it next to nothing; a peak shorter than that can be missed.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.benchmarks.processes import process_tree

__all__ = ["PssSampler", "Sample", "peak_between", "pss_bytes"]


@dataclass(frozen=True)
class Sample:
    """What the tree took at one moment.

    Attributes:
        at: seconds on the clock of :func:`time.perf_counter`.
        pss: bytes.
    """

    at: float
    pss: int


def pss_bytes(root: int) -> int:
    """PSS of a process and its descendants, in bytes."""
    return sum(_pss_of(process.pid) for process in process_tree(root))


def peak_between(samples: Sequence[Sample], start: float, stop: float) -> int | None:
    """The largest sample of a stretch of time in bytes, ``None`` where there is none."""
    return max((sample.pss for sample in samples if start < sample.at <= stop), default=None)


class PssSampler:
    """Samples a tree in a thread, for as long as the ``with`` block lasts.

    Args:
        root: number of the topmost process.
        every: seconds between two samples; ``None`` takes none at all.
    """

    def __init__(self, root: int, *, every: float | None) -> None:
        self.samples: list[Sample] = []
        self._root = root
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def take(self) -> None:
        """Take a sample now, beside those that the thread takes."""
        if self._every is not None and (pss := pss_bytes(self._root)):
            self.samples.append(Sample(time.perf_counter(), pss))

    def __enter__(self) -> Self:
        if self._every is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self.take()


def _pss_of(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it ended since the tree was read
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
