"""Paths on this machine as the kernel sees them, whatever they are called.

Links are followed, also those above what is not there yet. A folder that is mounted a second time
elsewhere is the same folder: it has the same number on the same device, and Linux says of every
mount which folder of the device it shows.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Disk", "Files", "Mount", "read_mounts"]

MOUNTS = "/proc/self/mountinfo"
OCTAL = re.compile(r"\\([0-7]{3})")

Identity = tuple[int, int]
"""Device and number of a file or folder."""


@dataclass(frozen=True)
class Mount:
    """A folder of a device that is shown somewhere.

    Attributes:
        point: where.
        device: such as ``8:1``.
        root: the folder of the device.
    """

    point: str
    device: str
    root: str

    def place(self, path: str) -> tuple[str, str] | None:
        """Device and path on it of what is shown below; ``None`` for what lies elsewhere."""
        if not _below(path, self.point):
            return None
        inner = path[len(self.point) :].strip("/")
        return self.device, f"{self.root.rstrip('/')}/{inner}".rstrip("/") or "/"


@dataclass(frozen=True)
class Files:
    """A file or folder, there or not yet.

    Attributes:
        path: absolute, without links.
        shown: device and path on it, where the system tells.
        own: its identity; ``None`` where it is not there.
        twins: it is a file with further names elsewhere, which are written with it.
        around: identities of it and of the folders around it, as far as they are there.
    """

    path: str
    shown: tuple[str, str] | None
    own: Identity | None
    around: frozenset[Identity]
    twins: bool = False

    def lies_in(self, folder: "Files") -> bool:
        """Whether it is that file or folder, or lies in it."""
        if _below(self.path, folder.path) or (folder.own and folder.own in self.around):
            return True
        if self.shown and folder.shown and self.shown[0] == folder.shown[0]:
            if _below(self.shown[1], folder.shown[1]):
                return True
        return self.twins and self.own in _identities(folder.path)


@dataclass(frozen=True)
class Disk:
    """Looks paths up; what lies in one folder costs one look at the folder.

    Attributes:
        mounts: see :func:`read_mounts`.
    """

    mounts: Sequence[Mount]
    _folders: dict[str, Files] = field(default_factory=dict, repr=False, compare=False)

    def look(self, path: str) -> Files:
        """What an absolute path leads to."""
        folder, name = os.path.split(path.rstrip("/"))
        if name in {"", ".", ".."}:
            return self._files(os.path.realpath(path))
        if folder not in self._folders:
            self._folders[folder] = self._files(os.path.realpath(folder))
        around = self._folders[folder]
        real = os.path.join(around.path, name)  # noqa: PTH118  thousands of Paths take long
        if os.path.islink(real):  # noqa: PTH114
            return self._files(os.path.realpath(real))
        return self._within(around, real)

    def _files(self, real: str) -> Files:
        folder = os.path.dirname(real)  # noqa: PTH120
        around = None if folder == real else self._folders.get(folder) or self._files(folder)
        found = self._within(around, real)
        return self._folders.setdefault(real, found)

    def _within(self, folder: Files | None, real: str) -> Files:
        found = _stat(real)
        own = (found.st_dev, found.st_ino) if found else None
        twins = bool(found and stat.S_ISREG(found.st_mode) and found.st_nlink > 1)
        around = folder.around if folder else frozenset()
        shown = next((p for p in (mount.place(real) for mount in self.mounts) if p), None)
        return Files(real, shown, own, around | {own} if own else around, twins)


def read_mounts(text: str | None = None) -> tuple[Mount, ...]:
    """What is mounted where, the innermost and newest first; nothing where no list is kept.

    Args:
        text: in the format of ``/proc/self/mountinfo``, if given.
    """
    if text is None:
        try:
            text = Path(MOUNTS).read_text("utf-8", "surrogateescape")
        except OSError:
            return ()
    rows = [line.split(" ") for line in text.splitlines()]
    mounts = [Mount(_plain(row[4]), row[2], _plain(row[3])) for row in rows if len(row) > 4]
    return tuple(sorted(reversed(mounts), key=lambda mount: -len(mount.point)))


def _plain(text: str) -> str:
    return OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None


def _identities(folder: str) -> Iterator[Identity]:
    """Everything in a folder; asked only for files with several names, which are rare."""
    for place, _, files in os.walk(folder):
        found = (_stat(f"{place}/{name}") for name in files)
        yield from ((each.st_dev, each.st_ino) for each in found if each)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
