"""What a text in the configuration may mean as a location."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelfleet.stores.guard.addresses import Address, addresses_of, database_of, file_of, is_url
from modelfleet.stores.guard.local import Disk, Files, read_mounts

__all__ = ["Location", "Locator"]

LONGEST = 4096
"""Characters of a path at most; longer texts are something else."""


@dataclass(frozen=True)
class Location:
    """Everything that a text may mean.

    Attributes:
        files: as paths.
        addresses: as URLs.
    """

    files: tuple[Files, ...] = ()
    addresses: tuple[Address, ...] = ()

    def lies_in(self, other: "Location") -> bool:
        """Whether one of the meanings is that location, or lies in it."""
        return any(one.lies_in(two) for one in self.files for two in other.files) or any(
            one.lies_in(two) for one in self.addresses for two in other.addresses
        )


@dataclass(frozen=True)
class Locator:
    """Finds out what texts mean; what was asked once is known.

    Attributes:
        folders: that relative paths may start from.
        disk: where paths are looked up.
    """

    folders: tuple[str, ...]
    disk: Disk = field(default_factory=lambda: Disk(read_mounts()))
    _known: dict[str, Location] = field(default_factory=dict, repr=False, compare=False)

    def locate(self, text: str) -> Location:
        """What a text means as a location; chained URLs such as ``simplecache::s3://…`` all do."""
        if not text or len(text) > LONGEST or "\n" in text or "\0" in text:
            return Location()
        if text not in self._known:
            parts = text.split("::") if "::" in text else [text]
            found = [self._part(part) for part in parts if part]
            self._known[text] = Location(
                tuple(each for one in found for each in one.files),
                tuple(each for one in found for each in one.addresses),
            )
        return self._known[text]

    def database(self, settings: Mapping[str, Any]) -> Location:
        """The database that a mapping with host, port and name means."""
        found = database_of(settings)
        return Location() if found is None else Location(addresses=(found,))

    def _part(self, text: str) -> Location:
        text = text.removeprefix("jdbc:")
        if not is_url(text):
            database = database_of(text) if "=" in text else None
            return Location(self._files(text), (database,) if database else ())
        files = [each for path in file_of(text) for each in self._files(path)]
        return Location(tuple(files), addresses_of(text))

    def _files(self, path: str) -> tuple[Files, ...]:
        """A path from each folder; ``~`` is a home to some libraries and a name to others."""
        spellings = [path, str(Path(path).expanduser())] if path.startswith("~") else [path]
        real = dict.fromkeys(os.path.join(f, e) for e in spellings for f in self.folders)  # noqa: PTH118
        return tuple(self.disk.look(each) for each in real)
