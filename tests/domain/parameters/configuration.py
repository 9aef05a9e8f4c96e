"""The shipped configuration, as one mapping, and ways to spoil it."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

CONF = Path(__file__).parents[3] / "conf"


@cache
def _read(environment: str) -> dict[str, Any]:
    folders = ["base"] if environment == "base" else ["base", environment]
    files = [path for name in folders for path in sorted((CONF / name).glob("parameters*.yml"))]
    merged = OmegaConf.merge(*[OmegaConf.load(path) for path in files])
    found = OmegaConf.to_container(merged, resolve=True)
    assert isinstance(found, dict)
    return found


def shipped(environment: str = "base") -> dict[str, Any]:
    """What ``conf/`` says in an environment; a copy of its own."""
    return copy.deepcopy(_read(environment))


def spoiled(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The shipped configuration with values at dotted paths replaced, ``...`` to remove them."""
    configuration = shipped()
    for path, value in changes:
        *parents, key = path.split(".")
        place = configuration
        for parent in parents:
            place = place[parent]
        if value is ...:
            del place[key]
        else:
            place[key] = value
    return configuration
