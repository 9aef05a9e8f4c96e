"""The processes that a command starts, and the CPU time they have taken."""

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process", "cpu_seconds", "process_tree"]

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """A line of the process table.

    Attributes:
        pid: its number.
        parent: number of the process that started it.
        ticks: CPU time of the process, and of those of its children that ended and were waited for.
    """

    pid: int
    parent: int
    ticks: int


def process_tree(root: int) -> list[Process]:
    """A process and all that descend from it, as they are now; empty where it is gone."""
    table = {process.pid: process for process in _process_table()}
    children: dict[int, list[int]] = {}
    for process in table.values():
        children.setdefault(process.parent, []).append(process.pid)
    found, waiting = [], [root] if root in table else []
    while waiting:
        pid = waiting.pop()
        found.append(table[pid])
        waiting += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """CPU seconds that a process and its descendants have taken until now, user and system."""
    return sum(process.ticks for process in process_tree(root)) / TICKS_PER_SECOND


def _process_table() -> list[Process]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                found.append(_parse(folder.joinpath("stat").read_text()))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while the table was read
    return found


def _parse(stat: str) -> Process:
    """Read a line of ``/proc/PID/stat``; the name in brackets may hold blanks and brackets.

    Source: proc_pid_stat(5), fields 1, 4 and 14 to 17.
    """
    pid, _, rest = stat.partition(" (")
    fields = rest.rpartition(") ")[2].split()
    return Process(int(pid), int(fields[1]), sum(int(ticks) for ticks in fields[11:15]))
