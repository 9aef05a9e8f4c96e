"""What the machine could do at best: sums of products, bytes through memory, bytes to the disk."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modelfleet.domain.features import feature_names
from tests.benchmarks.recipe import default_recipe
from tests.benchmarks.scenario import Figures

__all__ = ["Limit", "Machine", "find_limits", "measure_machine"]

MEBIBYTE = 1 << 20
BYTES = 256 * MEBIBYTE
FLOAT = 8


@dataclass(frozen=True)
class Machine:
    """A machine and its speed.

    Attributes:
        processor: as it calls itself.
        cores: that this process may use.
        memory: bytes.
        flops: multiplications and additions per second of one core, in a matrix product.
        memory_rate: bytes per second of one core, read or written.
        disk_rate: bytes per second, written and known to be on disk.
    """

    processor: str
    cores: int
    memory: int
    flops: float
    memory_rate: float
    disk_rate: float


@dataclass(frozen=True)
class Limit:
    """The least time that a part of a stage can take.

    Attributes:
        stage: whose part it is.
        what: the part.
        seconds: of wall, with all cores at work.
    """

    stage: str
    what: str
    seconds: float


def find_limits(figures: Figures, machine: Machine) -> tuple[Limit, ...]:
    """The limits of ingestion and of training a linear recipe.

    A fit needs the sums of products of all pairs of columns, features and target, over all rows:
    2 · rows · columns² operations, once, because windows share their sums; columns of the calendar
    need next to nothing. The features are written to memory once and read once. Ingestion reads the
    raw file and writes the table.
    """
    rows = figures.fleet.sensors * figures.fleet.hours
    calendar = {"daily_harmonics": 0, "weekly_harmonics": 0, "weekend": False}
    columns = len(feature_names(default_recipe().features.model_copy(update=calendar))) + 1
    operations, moved = 2 * rows * columns**2, 2 * rows * columns * FLOAT
    raw, stored = figures.fleet.history.stat().st_size, figures.stored_bytes
    cores = machine.cores
    return (
        Limit(
            "ingestion",
            f"{raw / 1e6:,.0f} MB read and {stored / 1e6:,.0f} MB written at the disk's speed",
            (raw + stored) / machine.disk_rate,
        ),
        Limit(
            "training",
            f"{operations / 1e9:,.0f} Gflop for the sums of products of {columns} columns",
            operations / machine.flops / cores,
        ),
        Limit(
            "training",
            f"{moved / 1e9:,.1f} GB of features through memory",
            moved / machine.memory_rate / cores,
        ),
    )


def measure_machine(folder: Path) -> Machine:
    """Describe this machine and measure its speed, on the disk of ``folder``."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return Machine(
        processor=names[0] if names else os.uname().machine,
        cores=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        flops=_flops(),
        memory_rate=_memory_rate(),
        disk_rate=_disk_rate(folder / "speed"),
    )


def _flops(size: int = 1500) -> float:
    from threadpoolctl import threadpool_limits

    matrix = np.random.default_rng(1).normal(size=(size, size))
    with threadpool_limits(limits=1):
        return 2 * size**3 / _shortest(lambda: matrix @ matrix)


def _memory_rate() -> float:
    source = np.ones(BYTES // FLOAT)
    target = np.zeros_like(source)
    return 2 * BYTES / _shortest(lambda: np.copyto(target, source))


def _disk_rate(file: Path) -> float:
    content = os.urandom(BYTES)

    def write() -> None:
        with file.open("wb") as stream:
            stream.write(content)
            os.fsync(stream.fileno())

    seconds = _shortest(write)
    file.unlink()
    return BYTES / seconds


def _shortest(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of the quickest of a few attempts: what the machine can, not what disturbed it."""
    found = []
    for _ in range(times):
        before = time.perf_counter()
        work()
        found.append(time.perf_counter() - before)
    return min(found)
