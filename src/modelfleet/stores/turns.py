"""One at a time: who wants the same tables while another has them is told so.

The lock is the kernel's and ends with the process, however it ends. It holds on one machine for one
user; between machines it is Delta's own checks that let one commit win.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelfleet.domain.errors import DataError
from modelfleet.domain.lineage import digest_of

__all__ = ["one_at_a_time"]


@contextmanager
def one_at_a_time(place: str) -> Iterator[None]:
    """Hold a place as long as the context lasts.

    Args:
        place: folder or URL of a table.

    Raises:
        DataError: another process holds it.
    """
    known = place if "://" in place else str(Path(place).resolve())
    file = Path(tempfile.gettempdir(), f"modelfleet-{os.getuid()}-{digest_of(known)[:16]}.lock")
    handle = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                f"another ingestion is at work on {place} at the same time; nothing was stored; "
                "wait for it to end, and run again"
            ) from None
        yield
    finally:
        os.close(handle)
