"""Runs ``kedro run`` in processes of its own and measures it stage by stage.

The clocks are read from outside, where Kedro's runner says on stderr that a node is completed. So
one run gives all stages, loading and saving of assets included, and what it measures is what a
user starts. Workers count: CPU time and memory are those of the whole tree of processes.
"""

import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

from tests.benchmarks.memory import PssSampler, Sample, peak_between
from tests.benchmarks.processes import cpu_seconds

__all__ = [
    "END",
    "START",
    "Mark",
    "Run",
    "Stage",
    "measure",
    "measure_kedro",
    "median_run",
    "stages_between",
    "with_peaks",
]

START = "start-up"
END = "shutdown"
RUNNER = re.compile(r"kedro\.runner\.\w+ +\| (?:Completed node: (\w+)\.)?")
"""A line of Kedro's runner as conf/logging.yml shapes it, with the stage of a completed node."""


@dataclass(frozen=True)
class Stage:
    """What one stage took.

    Attributes:
        name: of the stage.
        wall: seconds.
        cpu: seconds of all processes together.
        pss: largest sampled memory of all processes together, bytes; ``None`` without a sample.
    """

    name: str
    wall: float
    cpu: float
    pss: int | None


@dataclass(frozen=True)
class Run:
    """What one process with its workers took.

    Attributes:
        stages: in the order in which they began; the first one is the start-up of the process, up
            to the first node, the last one its shutdown.
    """

    stages: tuple[Stage, ...]

    def stage(self, name: str) -> Stage:
        """A stage by its name."""
        return next(stage for stage in self.stages if stage.name == name)

    def total(self, *, without: Sequence[str] = ()) -> Stage:
        """All stages, or all but some, as one."""
        chosen = [stage for stage in self.stages if stage.name not in without]
        peaks = [stage.pss for stage in chosen if stage.pss is not None]
        return Stage(
            "total",
            sum(stage.wall for stage in chosen),
            sum(stage.cpu for stage in chosen),
            max(peaks, default=None),
        )


@dataclass(frozen=True)
class Mark:
    """The clocks when a stretch of a stage ended: seconds of wall, CPU seconds of the tree."""

    stage: str
    wall: float
    cpu: float


def measure_kedro(folder: Path, *arguments: str, pss_every: float | None = None) -> Run:
    """``kedro run`` with arguments in a project's folder; its logging must show the runner."""
    command = [sys.executable, "-m", "kedro", "run", *arguments]
    return measure(command, folder, pss_every=pss_every)


def measure(command: Sequence[str], folder: Path, *, pss_every: float | None) -> Run:
    """Run a command and measure it between the lines of Kedro's runner.

    Args:
        command: what to run.
        folder: where.
        pss_every: seconds between two samples of memory; ``None`` takes none.

    Raises:
        RuntimeError: the command failed; the message ends with its last lines.
    """
    first = Mark("", time.perf_counter(), 0.0)
    # Without cached bytecode each process would compile its libraries anew, which is not our cost.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    marks, last_lines = [first], deque[str](maxlen=40)
    with process.stderr as lines, PssSampler(process.pid, every=pss_every) as sampler:
        for line in lines:
            last_lines.append(line)
            if found := RUNNER.search(line):
                stage = found.group(1) or (START if len(marks) == 1 else None)
                if stage:
                    marks.append(Mark(stage, time.perf_counter(), cpu_seconds(process.pid)))
                    sampler.take()  # else a stage of less than a second would have none
    # Popen.wait() would throw away what the kernel counted; it holds all who were waited for.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{''.join(last_lines)}")
    marks.append(Mark(END, time.perf_counter(), usage.ru_utime + usage.ru_stime))
    return Run(stages_between(marks, sampler.samples))


def stages_between(marks: Sequence[Mark], samples: Sequence[Sample]) -> tuple[Stage, ...]:
    """Add up the stretches of each stage; a stretch lies between a mark and the one before it."""
    stages: dict[str, Stage] = {}
    for before, mark in pairwise(marks):
        stretch = Stage(
            mark.stage,
            mark.wall - before.wall,
            mark.cpu - before.cpu,
            peak_between(samples, before.wall, mark.wall),
        )
        earlier = stages.get(mark.stage)
        both = Run((earlier, stretch) if earlier else (stretch,)).total()
        stages[mark.stage] = Stage(mark.stage, both.wall, both.cpu, both.pss)
    return tuple(stages.values())


def median_run(runs: Sequence[Run]) -> Run:
    """The medians of the clocks of each stage over runs of the same command."""
    return Run(
        tuple(
            Stage(
                name=stages[0].name,
                wall=median(stage.wall for stage in stages),
                cpu=median(stage.cpu for stage in stages),
                pss=None,
            )
            for stages in zip(*(run.stages for run in runs), strict=True)
        )
    )


def with_peaks(run: Run, watched: Run) -> Run:
    """A run with the memory of another one of the same command."""
    return Run(tuple(replace(stage, pss=watched.stage(stage.name).pss) for stage in run.stages))
