"""Columns and their kinds, as a validator asks for them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from modelfleet.domain.errors import ConfigurationError, SchemaError, listing

__all__ = ["known_kinds", "misnamed", "refuse", "wrong_columns"]

WORDS = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "flag": "true or false",
    "time": "a time in UTC",
}
"""Kinds that a catalog entry may ask for, and how an error calls them."""


def known_kinds(columns: Mapping[str, str]) -> dict[str, str]:
    """Columns and their kinds, as configured.

    Raises:
        ConfigurationError: a kind does not exist.
    """
    unknown = sorted(set(columns.values()) - set(WORDS))
    if unknown:
        raise ConfigurationError(
            f"a validator asks for {listing(unknown)}; the kinds are {listing(WORDS)}"
        )
    return dict(columns)


def _is_of(kind: str, dtype: pl.DataType) -> bool:
    if dtype == pl.Null:
        return True
    return {
        "text": dtype == pl.String,
        "number": dtype.is_numeric(),
        "integer": dtype.is_integer(),
        "flag": dtype == pl.Boolean,
        "time": isinstance(dtype, pl.Datetime) and dtype.time_zone == "UTC",
    }[kind]


def misnamed(names: Sequence[Any]) -> Iterator[str]:
    """Say which columns have no name, or that of another."""
    nameless = [i for i, n in enumerate(names, 1) if not isinstance(n, str) or not n.strip()]
    if nameless:
        yield f"column {listing(nameless)} of {len(names)} has no name"
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        yield f"column {listing(twice)} stands more than once"


def wrong_columns(
    wanted: Mapping[str, str], schema: Mapping[str, pl.DataType], what: str = "column"
) -> Iterator[str]:
    """Say which columns are missing or of another kind; one without any value is of every kind."""
    missing = [name for name in wanted if name not in schema]
    if missing:
        yield f"{what} {listing(missing)} is missing, there are {listing(schema)}"
    for name, kind in wanted.items():
        if name in schema and not _is_of(kind, schema[name]):
            yield f"{what} {name!r} is {schema[name]}, not {WORDS[kind]}"


def refuse(problems: Iterable[str], remedy: str) -> None:
    """Raise where there are problems.

    Raises:
        SchemaError: names all of them, and what to do.
    """
    if found := list(problems):
        raise SchemaError(f"{'; '.join(found)}; {remedy}")
