"""Objects by name, in a folder or in a bucket: what releases and channels are kept in."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["Objects"]


@dataclass(frozen=True)
class Objects:
    """A place for immutable objects. Reading never writes: an absent folder is an empty place.

    Attributes:
        root: a folder, or the URL of a bucket such as ``s3://bucket/releases``.
    """

    root: str

    def create(self, name: str, content: bytes) -> bool:
        """Store an object, whole or not at all; ``False`` if the name is taken."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            obstore.put(self._open(), name, content, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def put(self, name: str, content: bytes) -> None:
        """Store an object, whole or not at all, in place of one that may be there."""
        import obstore

        obstore.put(self._open(), name, content)

    def remove(self, name: str) -> None:
        """Remove an object and the folders that are empty without it."""
        import obstore

        with contextlib.suppress(FileNotFoundError):
            obstore.delete(self._open(), name)
        if "://" not in self.root:
            with contextlib.suppress(OSError):  # it holds something else, or is gone
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

    def names(self, prefix: str = "") -> list[str]:
        """Names of all objects below a prefix, sorted."""
        import obstore

        if self._absent():
            return []
        batches = obstore.list(self._open(), prefix or None)
        return sorted(str(entry["path"]) for batch in batches for entry in batch)

    def folders(self) -> list[str]:
        """First parts of the names, sorted."""
        import obstore

        if self._absent():
            return []
        return sorted(obstore.list_with_delimiter(self._open())["common_prefixes"])

    def _absent(self) -> bool:
        return "://" not in self.root and not Path(self.root).is_dir()

    def _open(self) -> "ObjectStore":
        from obstore.store import LocalStore, from_url

        if "://" in self.root:
            return from_url(self.root)
        return LocalStore(self.root, mkdir=True, automatic_cleanup=True)
