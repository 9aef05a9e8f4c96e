"""Processes for which the rights of files count, also where the tests run as root.

The rights of files do not bind a process with root's capabilities. A process that gave them up is
bound like anybody's, and can still execute a Python that lies where only root may look.
"""

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["MOUNT", "OWNER", "READERS", "give_away", "may_mount", "run_bound"]

OWNER, READERS = 65534, 65533
"""An account and a group that the process is not, and the group that it is in."""

LAUNCHER = f"""
import ctypes, errno, os, sys

if os.geteuid() == 0:
    os.setgroups([{READERS}])
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        if libc.prctl(24, capability, 0, 0, 0) and ctypes.get_errno() != errno.EINVAL:
            sys.exit("root's rights cannot be given up here")
os.execv(sys.argv[1], sys.argv[1:])
"""
"""24 is PR_CAPBSET_DROP: what is taken from the bounding set is gone after the next exec."""

MOUNT = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--mount")
"""Begins a process that sees mounts of its own; they end with it."""


def run_bound(
    *command: str, cwd: Path, within: tuple[str, ...] = (), timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run Python with arguments, without root's rights over files.

    Args:
        command: what follows ``python``.
        cwd: where it runs.
        within: a command that runs another one, such as one that mounts something before.
        timeout: seconds that it may take.
    """
    launch = [*within, sys.executable, "-S", "-c", LAUNCHER, sys.executable, *command]
    return subprocess.run(
        launch, cwd=cwd, capture_output=True, text=True, check=False, timeout=timeout
    )


def give_away(folder: Path) -> None:
    """Give a tree to another account, as far as the tests may: that of production."""
    if os.geteuid() == 0:
        for each in (folder, *folder.rglob("*")):
            os.chown(each, OWNER, -1)


def may_mount(folder: Path) -> bool:
    """Whether mounts can be made here: containers and hardened systems may forbid it."""
    try:
        command = [*MOUNT, "mount", "--bind", str(folder), str(folder)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
