"""What a release is: a manifest of files, named by the digest of that manifest."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.domain.lineage import canonical_json

__all__ = ["FileEntry", "Manifest", "file_entry"]

PATH = re.compile(r"[A-Za-z0-9._/-]+")


class FileEntry(BaseModel):
    """One file of a release."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    size: int = Field(ge=0)
    sha256: str

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        parts = path.split("/")
        if not PATH.fullmatch(path) or {"", ".", ".."} & set(parts):
            raise ValueError(f"{path!r} is no path inside of a release")
        return path


def file_entry(path: str, content: bytes) -> FileEntry:
    """Describe a file by its content."""
    return FileEntry(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest())


class Manifest(BaseModel):
    """Everything that makes a release what it is; nothing about when, where or by whom.

    Attributes:
        files: sorted by path.
        code: digest of the sources that shape models and verdicts.
        versions: libraries whose numbers shape models and verdicts.
        readings: digest of the readings that were learned from, by content.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    files: tuple[FileEntry, ...]
    code: str
    versions: dict[str, str]
    readings: str

    @classmethod
    def of(
        cls, contents: Mapping[str, bytes], *, code: str, versions: dict[str, str], readings: str
    ) -> Self:
        """Describe a set of files."""
        files = tuple(file_entry(path, contents[path]) for path in sorted(contents))
        return cls(files=files, code=code, versions=versions, readings=readings)

    def to_bytes(self) -> bytes:
        """The manifest as it is stored, and as it is hashed."""
        return canonical_json(self.model_dump()).encode()

    @property
    def rid(self) -> str:
        """The release's name: SHA-256 of the stored manifest."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def verify(self, contents: Mapping[str, bytes]) -> None:
        """Check that these are the files of the release, all of them, and nothing else.

        Raises:
            ReleaseError: names the files that are missing, unknown or altered.
        """
        self.verify_names(contents)
        self._refuse(
            "altered", (e.path for e in self.files if file_entry(e.path, contents[e.path]) != e)
        )

    def verify_names(self, names: Iterable[str]) -> None:
        """Check that these are the names of all files of the release.

        Raises:
            ReleaseError: names the files that are missing or unknown.
        """
        stated, found = {entry.path for entry in self.files}, set(names)
        self._refuse("missing", stated - found)
        self._refuse("unknown", found - stated)

    def _refuse(self, what: str, paths: Iterable[str]) -> None:
        if odd := sorted(paths):
            raise ReleaseError(
                f"release {self.rid[:12]} cannot be trusted: {what} {listing(odd)}; "
                "publish it again from its run, or go back to the release before"
            )
