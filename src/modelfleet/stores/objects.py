"""Objects by name, in a folder or in a bucket: releases, channels, results of workers."""

import functools
import os
import stat
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from modelfleet.domain.errors import ProtectedError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["Objects"]

REQUESTS = 16
"""Requests to a bucket that are under way at the same time."""

CLOUDS = ("AWS_", "AZURE_", "GOOGLE_")
"""How variables begin that say where buckets are and what opens them."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Objects:
    """A place for immutable objects. Reading never writes: an absent folder is an empty place.

    Attributes:
        root: a folder, or the URL of a bucket such as ``s3://bucket/releases``.
        protected_by: the environment that alone may write here; ``None`` where this one may.

    Raises:
        ProtectedError: by all that writes, where another environment alone may.
    """

    root: str
    protected_by: str | None = None

    @property
    def writable(self) -> bool:
        """Whether this environment may write here."""
        return self.protected_by is None

    def check_writable(self) -> None:
        """Refuse to write where another environment alone may.

        Raises:
            ProtectedError: it is such a place.
        """
        if self.protected_by is not None:
            raise ProtectedError.of(self.root, owner=self.protected_by)

    def create(self, name: str, content: bytes) -> bool:
        """Store an object, whole or not at all; ``False`` if the name is taken."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            obstore.put(self._open_to_write(), name, content, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def put(self, name: str, content: bytes | memoryview) -> None:
        """Store an object, whole or not at all, in place of one that may be there."""
        import obstore

        obstore.put(self._open_to_write(), name, content)

    def remove(self, name: str) -> None:
        """Remove an object and the folders that are empty without it."""
        self.delete([name])
        if "://" not in self.root:
            with suppress(OSError):  # it holds something else, or is gone
                Path(self.root).rmdir()

    def get(self, name: str) -> bytes | None:
        """An object's content, or ``None`` where there is none."""
        import obstore

        if self._absent():
            return None
        try:
            return bytes(obstore.get(self._open(), name).bytes())
        except FileNotFoundError:
            return None

    def fetch(self, names: Collection[str]) -> dict[str, bytes | None]:
        """The content of several objects, as :meth:`get` gives it; requests overlap."""
        return dict(zip(names, _together(self.get, names), strict=True))

    def ends(self, names: Collection[str], size: int) -> dict[str, bytes]:
        """The last ``size`` bytes of those objects that are there."""
        import obstore

        if self._absent():
            return {}
        store = self._open()

        def end(name: str) -> bytes | None:
            try:
                return bytes(obstore.get(store, name, options={"range": {"suffix": size}}).bytes())
            except FileNotFoundError:
                return None

        found = zip(names, _together(end, names), strict=True)
        return {name: content for name, content in found if content is not None}

    def delete(self, names: Collection[str]) -> None:
        """Remove objects; those that are not there need not be."""
        import obstore

        self.check_writable()
        if self._absent():
            return
        store = self._open_to_write()

        def delete(name: str) -> None:
            with suppress(FileNotFoundError):
                obstore.delete(store, name)

        _together(delete, names)

    def written(self, prefix: str) -> dict[str, datetime]:
        """All objects below a prefix, and when each was written, in UTC."""
        import obstore

        if self._absent():
            return {}
        batches = obstore.list(self._open(), prefix)
        return {str(entry["path"]): entry["last_modified"] for batch in batches for entry in batch}

    def names(self, prefix: str = "") -> list[str]:
        """Names of all objects below a prefix, sorted."""
        import obstore

        if self._absent():
            return []
        batches = obstore.list(self._open(), prefix or None)
        return sorted(str(entry["path"]) for batch in batches for entry in batch)

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """All objects below a prefix and how many bytes each has, without reading them."""
        import obstore

        if self._absent():
            return {}
        batches = obstore.list(self._open(), prefix or None)
        found = {str(entry["path"]): entry["size"] for batch in batches for entry in batch}
        return dict(sorted(found.items()))

    def top(self) -> dict[str, int]:
        """Objects at the top and their sizes, without a look into folders, which count 0 bytes."""
        import obstore

        if self._absent():
            return {}
        found = obstore.list_with_delimiter(self._open())
        folders = dict.fromkeys(map(str, found["common_prefixes"]), 0)
        files = {str(entry["path"]): entry["size"] for entry in found["objects"]}
        return dict(sorted((folders | files).items()))

    def size(self, name: str) -> int | None:
        """An object's size, without reading it; ``None`` where there is none."""
        import obstore

        if self._absent():
            return None
        try:
            return int(obstore.head(self._open(), name)["size"])
        except FileNotFoundError:
            return None

    def irregular(self, prefix: str = "") -> list[str]:
        """Names below a folder that are links, or neither files nor folders; of buckets, none.

        A link is followed by whoever reads: its content can be changed from elsewhere.
        """
        if self._absent() or "://" in self.root:
            return []
        root = Path(self.root)
        first = root / prefix
        odd = [each for each in (root, first) if each.is_symlink()]
        for folder, folders, files in os.walk(first):
            odd += [Path(folder, each) for each in folders if Path(folder, each).is_symlink()]
            odd += [Path(folder, each) for each in files if not _regular(Path(folder, each))]
        return sorted({each.relative_to(root).as_posix() for each in odd})

    def folders(self) -> list[str]:
        """First parts of the names, sorted."""
        import obstore

        if self._absent():
            return []
        return sorted(obstore.list_with_delimiter(self._open())["common_prefixes"])

    def _absent(self) -> bool:
        return "://" not in self.root and not Path(self.root).is_dir()

    def _open(self, *, make: bool = False) -> "ObjectStore":
        from obstore.store import LocalStore

        if "://" in self.root:
            return _bucket(self.root, _settings())
        return LocalStore(self.root, mkdir=make, automatic_cleanup=True)

    def _open_to_write(self) -> "ObjectStore":
        self.check_writable()
        return self._open(make=True)


@functools.cache
def _bucket(url: str, _opened_by: frozenset[tuple[str, str]]) -> "ObjectStore":
    """A bucket, whose connections are kept: opening one takes as long as a request.

    Who gets another key, or another server, gets another connection.
    """
    from obstore.store import from_url

    return from_url(url)


def _settings() -> frozenset[tuple[str, str]]:
    """What the environment says about buckets, which is what opens them."""
    return frozenset(each for each in os.environ.items() if each[0].upper().startswith(CLOUDS))


def _regular(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except FileNotFoundError:  # somebody else's file on its way to its name
        return True


def _together(ask: Callable[[str], Answer], names: Iterable[str]) -> list[Answer]:
    """Answers in the order of the names; requests overlap."""
    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(ask, names))
