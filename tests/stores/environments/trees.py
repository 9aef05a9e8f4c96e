"""A folder as it is, to the byte and the nanosecond."""

import hashlib
from pathlib import Path

__all__ = ["tree"]


def tree(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Each file and folder below a folder: size, time of its last change, digest."""
    return {path.relative_to(folder).as_posix(): _state(path) for path in folder.rglob("*")}


def _state(path: Path) -> tuple[int, int, str]:
    known = path.lstat()
    content = path.read_bytes() if path.is_file() else b""
    return known.st_size, known.st_mtime_ns, hashlib.sha256(content).hexdigest()
