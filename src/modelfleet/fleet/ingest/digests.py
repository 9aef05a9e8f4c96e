"""Digests of readings by content that cost the batch, not the history.

The digest of a set of rows is the sum of the rows' hashes, so it does not depend on their order or
on the batches they came in, and a batch is added to what was known before it.
Source: Clarke et al., Incremental Multiset Hash Functions, 2003, doi:10.1007/978-3-540-40061-5_12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from modelfleet.domain.arrays import FloatArray, IntArray
from modelfleet.domain.lineage import stable_hash
from modelfleet.fleet.ingest.runs import Runs

__all__ = ["ContentDigest", "add_digests", "digest_runs", "digest_shards"]

Words = npt.NDArray[np.uint64]

MODULUS = 1 << 64
STRETCH = 1 << 15
SECOND = np.uint64(0xD1B54A32D192ED03)
"""Turns the hash of a row into the one that the second sum adds up."""


@dataclass(frozen=True)
class ContentDigest:
    """A set of rows: how many, and two sums of their hashes."""

    rows: int
    first: int
    second: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote."""
        rows, first, second = text.split("-")
        return cls(int(rows), int(first, 16), int(second, 16))

    def __str__(self) -> str:
        return f"{self.rows}-{self.first:016x}-{self.second:016x}"

    def plus(self, other: "ContentDigest", *, sign: int = 1) -> "ContentDigest":
        """The digest of both sets together, or with ``sign=-1`` of this one without the other."""
        return ContentDigest(
            self.rows + sign * other.rows,
            (self.first + sign * other.first) % MODULUS,
            (self.second + sign * other.second) % MODULUS,
        )


def add_digests(
    known: Mapping[int, ContentDigest], more: Mapping[int, ContentDigest], *, sign: int = 1
) -> dict[int, ContentDigest]:
    """Digests by shard after rows were added, or with ``sign=-1`` taken away."""
    nothing = ContentDigest(0, 0, 0)
    return dict(known) | {
        shard: known.get(shard, nothing).plus(digest, sign=sign) for shard, digest in more.items()
    }


def digest_shards(readings: pl.DataFrame) -> dict[int, ContentDigest]:
    """Digest of each shard's rows.

    Args:
        readings: ``shard``, ``sensor_id``, ``timestamp``, ``value``, sorted by shard and sensor.
    """
    return digest_runs(Runs.of(readings)) if readings.height else {}


def digest_runs(readings: Runs) -> dict[int, ContentDigest]:
    """Digest of each shard's rows."""
    if readings.rows.is_empty():
        return {}
    names = [stable_hash(name) for name in readings.sensors["sensor_id"]]
    lengths = readings.sensors["rows"].to_numpy()
    words = np.repeat(np.array(names, dtype=np.uint64), lengths)
    times = readings.rows["timestamp"].dt.epoch("us").to_numpy()
    values = readings.rows["value"].fill_null(float("nan")).to_numpy()
    shards, which = np.unique(readings.sensors["shard"].to_numpy(), return_inverse=True)
    sums = np.zeros((2, len(shards)), np.uint64)
    hashes = _hashes(words, times, values)
    np.add.at(sums.T, which, np.add.reduceat(hashes, readings.starts, axis=1).T)
    rows = np.bincount(which, lengths).astype(int)
    return {
        int(shard): ContentDigest(int(count), int(first), int(second))
        for shard, count, first, second in zip(shards, rows, *sums, strict=True)
    }


def _hashes(words: Words, times: IntArray, values: FloatArray) -> Words:
    """Two hashes of each row, a stretch at a time that the processor's cache holds.

    Args:
        words: hash of each row's sensor; overwritten.
        times: microseconds since 1970.
        values: NaN where missing.

    Returns:
        array of shape (2, rows).
    """
    hashes = np.empty((2, len(words)), np.uint64)
    for at in range(0, len(words), STRETCH):
        rows = slice(at, at + STRETCH)
        word = words[rows]
        word += times[rows].view(np.uint64)
        _mix(word)
        word += _bits(values[rows])
        _mix(word)
        hashes[0, rows] = word
        word ^= SECOND
        _mix(word)
        hashes[1, rows] = word
    return hashes


def _bits(values: FloatArray) -> Words:
    """The bits of each value; one pattern for all that is missing, and minus zero is zero."""
    settled = values + 0.0
    settled[np.isnan(settled)] = np.nan
    return settled.astype("<f8", copy=False).view(np.uint64)


def _mix(words: Words) -> None:
    """Spread every bit over the whole word, in place (the finaliser of SplitMix64).

    Source: Steele, Lea and Flood, 2014, doi:10.1145/2714064.2660195.
    """
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
