"""What this environment may only read, as one value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from modelfleet.domain.errors import ProtectedError
from modelfleet.stores.guard.addresses import without_secrets
from modelfleet.stores.guard.location import Location, Locator

__all__ = ["Guard", "Owned"]


@dataclass(frozen=True)
class Owned:
    """A location that one environment alone writes.

    Attributes:
        location: a path, or a URL of a bucket, a database or a server.
        owner: the environment.
    """

    location: str
    owner: str


@dataclass(frozen=True)
class Guard:
    """Tells what other environments own.

    A value that can be sent to other processes. What locations mean is found out where it is asked,
    so links that were made in between count.

    Attributes:
        environment: the one that runs.
        project: folder that relative locations start from.
        owned: what other environments own.
    """

    environment: str
    project: str
    owned: tuple[Owned, ...] = ()

    def owner_of(self, place: str, *, around: bool = False) -> Owned | None:
        """What another environment owns of a place, or ``None``.

        Args:
            place: a path or a URL.
            around: also where the place holds something owned, as one that is replaced would.
        """
        return self.owner_of_all([self._locator.locate(place)], around=around)

    def owner_of_all(self, locations: Iterable[Location], *, around: bool = False) -> Owned | None:
        """The first that another environment owns of some locations, or ``None``."""
        for location in locations:
            for owned, its in self._locations:
                if location.lies_in(its) or (around and its.lies_in(location)):
                    return owned
        return None

    def check(self, place: str) -> None:
        """Refuse a place that is to be written.

        Raises:
            ProtectedError: another environment owns it, or something in it.
        """
        if owned := self.owner_of(place, around=True):
            raise ProtectedError.of(without_secrets(place), owner=owned.owner)

    @property
    def locator(self) -> Locator:
        """Finds out what texts mean here."""
        return self._locator

    @cached_property
    def _locator(self) -> Locator:
        return Locator(tuple(dict.fromkeys((self.project, str(Path.cwd())))))

    @cached_property
    def _locations(self) -> Sequence[tuple[Owned, Location]]:
        at_home = Locator((self.project,), self._locator.disk)
        return [(owned, at_home.locate(owned.location)) for owned in self.owned]

    def as_dict(self) -> dict[str, Any]:
        """For a catalog's configuration; :meth:`of_dict` makes it a guard again."""
        return {
            "environment": self.environment,
            "project": self.project,
            "owned": [{"location": each.location, "owner": each.owner} for each in self.owned],
        }

    @classmethod
    def of_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The guard that :meth:`as_dict` told of."""
        owned = tuple(Owned(**each) for each in kept["owned"])
        return cls(kept["environment"], kept["project"], owned)

    def __getstate__(self) -> dict[str, object]:
        return {"environment": self.environment, "project": self.project, "owned": self.owned}
