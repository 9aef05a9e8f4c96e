"""Which files lie at a place: a file, a folder, or a prefix of a bucket."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from modelfleet.domain.errors import DataError
from modelfleet.stores.raw.access import S3Access

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["Entry", "LocalPlace", "Place", "S3Place", "place_of"]

HIDDEN = (".", "_", "~")
"""Beginnings of names of hidden and temporary files and folders."""

PATIENCE = timedelta(seconds=20)
"""How long a store that does not answer is asked again."""


@dataclass(frozen=True)
class Entry:
    """A file as the listing shows it.

    Attributes:
        name: relative to the place, with ``/`` between the parts.
        url: what opens it.
        size: bytes.
        stamp: changes when the file is written: modification time in ns, or the store's etag.
    """

    name: str
    url: str
    size: int
    stamp: str


class Place(Protocol):
    """Where files lie."""

    def entries(self, ending: str) -> list[Entry]:
        """Files with the ending, sorted by name; none where there is no such place.

        A place that is itself a file is that one file, whatever its ending.

        Raises:
            DataError: the place cannot be listed.
        """
        ...

    def again(self, entry: Entry) -> Entry | None:
        """The same file as it is now, or ``None`` where it is gone."""
        ...

    def options(self) -> dict[str, str]:
        """Options for opening a file."""
        ...

    def explain(self, error: BaseException) -> str:
        """What a library says, without secrets."""
        ...


@dataclass(frozen=True)
class LocalPlace:
    """A :class:`Place` on a disk."""

    root: str

    def entries(self, ending: str) -> list[Entry]:
        """See :class:`Place`."""
        root = Path(self.root)
        try:
            if root.is_file():
                return [_stat(root, root.name)]
            found = [(file.relative_to(root).as_posix(), file) for file in _walk(root)]
            return [_stat(f, name) for name, f in sorted(found) if _wanted(name, ending)]
        except OSError as error:
            raise DataError(
                f"raw files at {root} cannot be listed: {error.strerror}: {error.filename}; "
                "correct the permissions, or run again if files are being moved"
            ) from error

    def again(self, entry: Entry) -> Entry | None:
        """See :class:`Place`."""
        try:
            return _stat(Path(entry.url), entry.name)
        except FileNotFoundError:
            return None

    def options(self) -> dict[str, str]:
        """See :class:`Place`."""
        return {}

    def explain(self, error: BaseException) -> str:
        """See :class:`Place`."""
        return _first_line(error)


@dataclass(frozen=True)
class S3Place:
    """A :class:`Place` in a bucket."""

    url: str
    access: S3Access

    def entries(self, ending: str) -> list[Entry]:
        """See :class:`Place`."""
        import obstore
        from obstore.exceptions import BaseError

        prefix = self._prefix()
        try:
            store = self._open()
            if prefix.lower().endswith(ending) and (one := self._head(store, prefix)):
                return [replace(one, name=prefix.rsplit("/", 1)[-1])]
            listed = [m for batch in obstore.list(store, prefix or None) for m in batch]
        # A bucket that is not there, a refused key and a silent server, each with its own words.
        except (BaseError, OSError, ValueError) as error:
            raise DataError(
                f"raw files at {self.url} cannot be listed: {self.explain(error)}; "
                "correct the bucket in filepath, or endpoint, key and secret in credentials.yml"
            ) from None
        start = len(prefix) + 1 if prefix else 0
        found = [self._entry(meta, meta["path"][start:]) for meta in listed]
        return sorted((e for e in found if _wanted(e.name, ending)), key=lambda e: e.name)

    def again(self, entry: Entry) -> Entry | None:
        """See :class:`Place`."""
        from obstore.exceptions import BaseError

        try:
            now = self._head(self._open(), entry.url.removeprefix(f"s3://{self._bucket()}/"))
        except (BaseError, OSError, ValueError) as error:
            raise DataError(
                f"{entry.url} cannot be opened: {self.explain(error)}; "
                "correct endpoint, key and secret in credentials.yml, or run again"
            ) from None
        return now and replace(now, name=entry.name)

    def options(self) -> dict[str, str]:
        """See :class:`Place`."""
        return self.access.options()

    def explain(self, error: BaseException) -> str:
        """See :class:`Place`."""
        return self.access.mask(_first_line(error))

    def _bucket(self) -> str:
        return self.url.removeprefix("s3://").split("/", 1)[0]

    def _prefix(self) -> str:
        return self.url.removeprefix("s3://").partition("/")[2].strip("/")

    def _head(self, store: "S3Store", path: str) -> Entry | None:
        import obstore

        try:
            return self._entry(obstore.head(store, path), path)
        except FileNotFoundError:
            return None

    def _entry(self, meta: Any, name: str) -> Entry:
        stamp = meta["e_tag"] or str(meta["last_modified"])
        return Entry(name, f"s3://{self._bucket()}/{meta['path']}", int(meta["size"]), str(stamp))

    def _open(self) -> "S3Store":
        from obstore.store import S3Store

        config: Any = {n: v for n, v in self.access.options().items() if n != "aws_allow_http"}
        # What is not said here comes from the machine's environment, AWS_ALLOW_HTTP too.
        return S3Store(
            self._bucket(),
            config=config,
            client_options={"allow_http": True} if self.access.allow_http else None,
            retry_config={"max_retries": 3, "retry_timeout": PATIENCE},
        )


def place_of(filepath: str, access: S3Access) -> Place:
    """The place that a path or an ``s3://`` URL names."""
    return S3Place(filepath, access) if "://" in filepath else LocalPlace(filepath)


def _walk(root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        # Without this a folder that may not be entered would be left out in silence.
        if not isinstance(error, FileNotFoundError) or root.exists():
            raise error

    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(HIDDEN)]
        yield from (Path(folder, name) for name in files)


def _wanted(name: str, ending: str) -> bool:
    hidden = any(part.startswith(HIDDEN) for part in name.split("/"))
    return name.lower().endswith(ending) and not hidden


def _stat(file: Path, name: str) -> Entry:
    status = file.stat()
    return Entry(name, str(file), status.st_size, str(status.st_mtime_ns))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
