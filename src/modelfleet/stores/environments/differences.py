"""What differs between two environments, sorted by what it means."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kedro.config import MissingConfigException

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.parameters.check import SECTIONS, check_parameters
from modelfleet.fleet.release_content import shaping_parameters
from modelfleet.stores.environments.loader import FleetConfigLoader
from modelfleet.stores.environments.values import ABSENT, Change, changes

__all__ = ["environment_differences"]

WITHOUT_EFFECT = ("engine", "promotion")
"""Sections of the parameters that change no model: how it is computed, and what people cleared."""

DECIDING = ("policies", "owners", "former", "allowed_signers", "revoked_keys")
"""What ``owners.yml`` holds."""

RAW = "raw_"
SOURCE = "storage.source"


def environment_differences(first: FleetConfigLoader, second: FleetConfigLoader) -> dict[str, Any]:
    """Compare the resolved configuration of two environments. Credentials are not even read.

    Returns:
        ``schema``, ``environments`` (two names), ``same_models``, ``same_champions`` (whether both
        judge against the same live release) and the groups: ``shaping`` (parameters that shape
        models and verdicts), ``data`` (raw assets that models learn from), ``deciding`` (policies
        and owners), ``other`` (the rest), ``expected`` (names and places). Each is a list of
        ``path``, ``first``, ``second``; secrets are stars. ``places`` counts catalog entries that
        differ in their place alone.

    Raises:
        ConfigurationError: the parameters of one of them are wrong.
    """
    shaping, other = _parameters(first, second)
    data = changes(_data(first), _data(second))
    catalog, places = _catalog(first, second)
    expected = [*_globals(first, second), *_mlflow(first, second)]
    groups = {
        "shaping": shaping,
        "data": data,
        "deciding": changes(_owners(first), _owners(second)),
        "other": [*other, *catalog],
        "expected": expected,
    }
    return {
        "schema": 1,
        "environments": [first.environment, second.environment],
        "same_models": not shaping and not data,
        "same_champions": _judging(first) == _judging(second),
        **{name: [each.as_dict() for each in found] for name, found in groups.items()},
        "places": places,
    }


def _parameters(
    first: FleetConfigLoader, second: FleetConfigLoader
) -> tuple[list[Change], list[Change]]:
    """Differences that shape models, and the others."""
    sides = [_typed(first), _typed(second)]
    every = changes(*({key: whole for key, (whole, _) in side.items()} for side in sides))
    shapes = changes(*({key: part for key, (_, part) in side.items()} for side in sides))
    paths = {each.path for each in shapes}
    return shapes, [each for each in every if each.path not in paths]


def _typed(loader: FleetConfigLoader) -> dict[str, tuple[Any, Any]]:
    """Each section as a whole, and what of it shapes models, with all defaults filled in."""
    raw = dict(loader["parameters"])
    try:
        check_parameters(raw)
    except ConfigurationError as error:
        raise ConfigurationError(f"environment {loader.environment!r}: {error}") from None
    found = {}
    for key, kind in SECTIONS.items():
        section = kind.model_validate(raw[key])
        whole = section.model_dump(mode="json", by_alias=True)
        (part,) = shaping_parameters(section).values()
        found[key] = (whole, {} if key in WITHOUT_EFFECT else part)
    return found


def _data(loader: FleetConfigLoader) -> dict[str, Any]:
    """Raw assets, where the environment ingests that is learned from."""
    while loader.taken.tables:
        loader = loader.of(loader.taken.tables)
    return {n: _told(e) for n, e in loader["catalog"].items() if n.startswith(RAW)}


def _judging(loader: FleetConfigLoader) -> str:
    """The environment whose live release candidates are judged against."""
    while loader.taken.champions:
        loader = loader.of(loader.taken.champions)
    return loader.environment


def _catalog(first: FleetConfigLoader, second: FleetConfigLoader) -> tuple[list[Change], int]:
    """Differences that are more than another place, and how many entries are no more than that."""
    taken = {n for side in (first, second) for _, names in side.taken.assets() for n in names}
    sides = [_made(first, without=taken), _made(second, without=taken)]
    words = [_words(first), _words(second)]
    placed = [_placeless(side, own) for side, own in zip(sides, words, strict=True)]
    found = changes(*({"catalog": side} for side in placed))
    entries = {each.path.split(".")[1] for each in found}
    moved = {n for n in sides[0].keys() & sides[1].keys() if sides[0][n] != sides[1][n]}
    return found, len(moved - entries)


def _made(loader: FleetConfigLoader, *, without: Collection[str]) -> dict[str, Any]:
    """Entries of what the environment itself makes."""
    entries = loader["catalog"].items()
    return {n: _told(e) for n, e in entries if not n.startswith(RAW) and n not in without}


def _told(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry without its description, and without the owners that governed ones hold."""
    found = {name: each for name, each in entry.items() if name != "metadata"}
    if "governance" in found:
        found["governance"] = {k: v for k, v in found["governance"].items() if k != "owners"}
    return found


def _words(loader: FleetConfigLoader) -> list[tuple[str, str]]:
    """An environment's own places and its name, each with the word that stands for it."""
    found = loader["globals"]
    storage = found.get("storage") or {}
    places = {"shared": storage.get("shared"), "root": storage.get("root")}
    named = {**places, "environment": found.get("environment")}
    return [
        (rf"(?<![\w.]){re.escape(str(place))}(?![\w.])", f"<{word}>")
        for word, place in named.items()
        if place
    ]


def _placeless(value: Any, words: Sequence[tuple[str, str]]) -> Any:
    """A value in which places and names of an environment are words."""
    if isinstance(value, Mapping):
        return {name: _placeless(each, words) for name, each in value.items()}
    if isinstance(value, list):
        return [_placeless(each, words) for each in value]
    if isinstance(value, str):
        for pattern, word in words:
            value = re.sub(pattern, word, value)
    return value


def _owners(loader: FleetConfigLoader) -> dict[str, Any]:
    return {name: each for name, each in loader["globals"].items() if name in DECIDING}


def _globals(first: FleetConfigLoader, second: FleetConfigLoader) -> list[Change]:
    """Differences of names and places; where the data come from is told with the data."""
    one, other = (
        {n: each for n, each in side["globals"].items() if n not in DECIDING}
        for side in (first, second)
    )
    return [
        each
        for each in changes(one, other)
        if each.path != SOURCE and not (_unsaid(each.first) and _unsaid(each.second))
    ]


def _unsaid(value: Any) -> bool:
    return value is None or value == ABSENT


def _mlflow(first: FleetConfigLoader, second: FleetConfigLoader) -> list[Change]:
    one, other = ({"mlflow": _section(side, "mlflow")} for side in (first, second))
    return changes(one, other)


def _section(loader: FleetConfigLoader, name: str) -> Any:
    try:
        return loader[name]
    except MissingConfigException:
        return {}
