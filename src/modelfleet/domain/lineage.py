"""Fingerprints: short names for exactly these inputs."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.periods import cut

__all__ = ["canonical_json", "digest_of", "series_digest", "stable_hash", "stable_seed"]


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same text for the same value.

    >>> canonical_json({"b": 1, "a": [1.5, None]})
    '{"a":[1.5,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(*parts: str | bytes) -> str:
    """SHA-256 over parts, each preceded by its length, so that no two lists of parts collide."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()


def stable_hash(text: str) -> int:
    """A 64-bit hash that is the same in every process and on every machine.

    >>> stable_hash("P_n1") == stable_hash("P_n1"), stable_hash("7") == stable_hash("007")
    (True, False)
    """
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def stable_seed(text: str) -> int:
    """A seed for random generators, derived from a sensor's id; below 2**31."""
    return stable_hash(text) % (2**31)


def series_digest(first: int, values: FloatArray, excluded: Iterable[tuple[int, int]]) -> str:
    """Fingerprint of what a model learned from: the readings on the grid, and what was left out.

    Of what is left out only the steps of the series count, and not how they were described: an
    event before the first reading or after the last changes nothing, nor do two for one.
    """
    settled = values + 0.0
    settled[np.isnan(settled)] = np.nan
    left_out = cut(excluded, first=first, stop=first + len(values))
    return digest_of(
        str(first), settled.astype("<f8", copy=False).tobytes(), canonical_json(left_out)
    )
