"""A run that is stopped leaves no process behind, however it is stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import ROOT


@pytest.mark.parametrize("backend", ["loky", "dask"])
@pytest.mark.parametrize(
    ("stop", "to"),
    [
        (signal.SIGINT, os.killpg),  # Ctrl-C on a terminal: all of its processes are told
        (signal.SIGINT, os.kill),
        (signal.SIGKILL, os.kill),  # the run can tell its workers nothing
    ],
    ids=["ctrl-c", "interrupt", "kill"],
)
def test_workers_leave_with_their_run(
    backend: str, stop: signal.Signals, to: Callable[[int, int], None], tmp_path: Path
) -> None:
    """Nobody computes on for a run that is gone, in the way of the next one."""
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.fleet.engine.endless", backend, str(tmp_path)],
        cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await_(lambda: (tmp_path / "marks").exists() and len(processes(run.pid)) >= 3)
        to(run.pid, stop)
        await_(lambda: run.poll() is not None and not processes(run.pid))
        assert run.returncode != 0
    finally:
        for process in processes(run.pid):
            os.kill(process, signal.SIGKILL)
        run.wait()


def await_(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def processes(group: int) -> list[int]:
    """Ids of the processes of a group that live."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, its_group, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(folder.name))
    return found
