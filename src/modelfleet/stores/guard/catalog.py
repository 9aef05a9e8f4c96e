"""Catalog entries that lie where another environment writes, made into entries that read."""

from collections.abc import Callable, Iterator, Mapping
from os import PathLike, fspath
from typing import Any

from modelfleet.stores.guard.guard import Guard, Owned
from modelfleet.stores.guard.location import Location

__all__ = ["guarded_catalog", "guarded_entry", "owner_of_entry"]

READ_ONLY = "modelfleet.stores.guard.datasets.ReadOnlyDataset"
READ_ONLY_VERSIONED = "modelfleet.stores.guard.datasets.ReadOnlyVersionedDataset"
GUARDED = "modelfleet.stores.guard.datasets.GuardedDataset"

NO_PLACES = {"type", "metadata", "validator"}
"""Keys of an entry under which nothing is a location."""
OPTIONS = ("_args", "_kwargs", "_options")
"""Ends of keys with options for libraries: a separator ``/`` there is no folder that holds all."""

CREDENTIALS = "credentials"

Credentials = Callable[[], Mapping[str, Any]]


def guarded_catalog(
    catalog: Mapping[str, Any], guard: Guard, *, credentials: Credentials = dict
) -> dict[str, Any]:
    """A catalog in which what others own is read only.

    An entry is decided by its locations here. What a factory such as ``{name}_table`` means is
    known when it is asked for a name, so each is decided when it is built.

    Args:
        catalog: as Kedro's configuration gives it, resolved.
        guard: of the environment.
        credentials: gives the credentials by name; asked only where an entry names some.
    """
    if not guard.owned:
        return dict(catalog)
    return {
        name: guarded_entry(name, entry, guard, credentials=credentials)
        for name, entry in catalog.items()
    }


def guarded_entry(name: str, entry: Any, guard: Guard, *, credentials: Credentials = dict) -> Any:
    """One entry of a catalog; see :func:`guarded_catalog`."""
    if not isinstance(entry, Mapping) or "type" not in entry:
        return entry
    lifted = {key: entry[key] for key in NO_PLACES - {"type"} if key in entry}
    if "{" in name:
        config = {"type": GUARDED, "guard": guard.as_dict(), "dataset": _inner(entry)}
    elif owned := owner_of_entry(entry, guard, credentials=credentials):
        kind = READ_ONLY_VERSIONED if entry.get("versioned") else READ_ONLY
        config = {"type": kind, "owner": owned.owner, "dataset": _inner(entry)}
    else:
        return entry
    versioned = {"versioned": True} if entry.get("versioned") else {}
    return {**config, **versioned, **lifted}


def owner_of_entry(
    entry: Mapping[str, Any], guard: Guard, *, credentials: Credentials = dict
) -> Owned | None:
    """What another environment owns of all that an entry names, or ``None``."""
    for location, whole in _locations(entry, guard, credentials):
        if owned := guard.owner_of_all([location], around=whole):
            return owned
    return None


def _inner(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as the dataset that is wrapped takes it; validators are the catalog's."""
    return {key: value for key, value in entry.items() if key != "validator"}


def _locations(
    value: Any, guard: Guard, credentials: Credentials, *, whole: bool = True
) -> Iterator[tuple[Location, bool]]:
    """Whatever may be a location, and whether what lies in it may go with it."""
    if isinstance(value, Mapping):
        yield guard.locator.database(value), whole
        for key, each in value.items():
            if key in NO_PLACES:
                continue
            if key == CREDENTIALS and isinstance(each, str):
                each = credentials().get(each, {})  # noqa: PLW2901
            inner = whole and not str(key).endswith(OPTIONS)
            yield from _locations(each, guard, credentials, whole=inner)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _locations(each, guard, credentials, whole=whole)
    elif isinstance(value, str | PathLike):
        yield guard.locator.locate(fspath(value)), whole
