"""The pinned versions of a project, and what is installed instead of them."""

import hashlib
import re
import sys
from pathlib import Path

__all__ = ["installed_otherwise", "lock_digest"]

PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;#]+)")


def lock_digest(path: str | None) -> str | None:
    """SHA-256 of a lock file, as ``sha256sum`` tells it; ``None`` where there is none."""
    if path is None or not Path(path).is_file():
        return None
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def installed_otherwise(path: str | None) -> dict[str, str]:
    """Packages that are installed in a version that the lock does not name: name to version.

    A package may be pinned several times, for different machines: any of them will do.
    """
    if path is None or not Path(path).is_file():
        return {}
    pinned: dict[str, set[str]] = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if match := PINNED.match(line):
            pinned.setdefault(_normal(match[1]), set()).add(match[2])
    found = _installed()
    return {n: found[n] for n in sorted(pinned.keys() & found.keys()) if found[n] not in pinned[n]}


def _installed() -> dict[str, str]:
    """What is installed, by the names of its folders: to read the metadata takes half a second."""
    folders = (
        each for path in reversed(sys.path) for each in Path(path or ".").glob("*.dist-info")
    )
    pairs = (folder.stem.rpartition("-") for folder in folders)
    return {_normal(name): version for name, _, version in pairs}


def _normal(name: str) -> str:
    """A package's name as it is compared: see PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
