"""``allowed_signers``: whose key is whose. One person may have several keys, a key has one name."""

import base64
import re
from collections import defaultdict
from pathlib import Path

from modelfleet.domain.errors import ConfigurationError, listing

__all__ = ["KEY", "read_allowed_signers"]

KEY = re.compile(
    r"(?:^|\s)((?:ssh|ecdsa-sha2|sk-ssh|sk-ecdsa-sha2)-[\w@.-]+)\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)"
)
"""A public key as text: its kind and its bytes in base64."""


def read_allowed_signers(file: Path) -> dict[str, str]:
    """Key, in base64, to the name of its one person; empty where the file has only comments.

    Raises:
        ConfigurationError: the file is absent, a line is none, or a key has two names.
    """
    if not file.is_file():
        raise ConfigurationError(
            f"there is no file {str(file)!r}; owners.yml names it as allowed_signers: lines of a "
            "person's name and public key"
        )
    names: defaultdict[str, set[str]] = defaultdict(set)
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            principals, key = _parsed(line.strip(), f"{file}, line {number}")
            names[key] |= principals
    for key, found in names.items():
        if len(found) > 1:
            raise ConfigurationError(
                f"{file} gives one key two names, {listing(sorted(found))} ({key[-12:]}): one "
                "person could be two; leave the key one name"
            )
    return {key: next(iter(found)) for key, found in names.items()}


def _parsed(line: str, where: str) -> tuple[set[str], str]:
    principals, _, rest = line.partition(" ")
    key = KEY.search(rest)
    if key is None or "cert-authority" in rest[: key.start()]:
        raise ConfigurationError(f"{where}: expected a name, options if any, and a public key")
    names = set(principals.strip('"').split(","))
    if odd := sorted(name for name in names if not name or set(name) & set("*?!")):
        raise ConfigurationError(f"{where}: {listing(odd)} is no name of one person")
    return names, _canonical(key[2])


def _canonical(key: str) -> str:
    """The one spelling of a key: base64 has several, and two of them would be two keys."""
    return base64.b64encode(base64.b64decode(key)).decode()
