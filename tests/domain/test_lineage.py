"""Fingerprints: the same for the same inputs, everywhere, and different for others."""

import numpy as np
import pytest

from modelfleet.domain.lineage import (
    canonical_json,
    digest_of,
    series_digest,
    stable_hash,
    stable_seed,
)

VALUES = np.array([1.0, np.nan, 0.0])


def test_the_order_of_keys_does_not_matter():
    """A configuration is what it says, not how it is written."""
    assert canonical_json({"b": {"d": 1, "c": 2}, "a": 0}) == '{"a":0,"b":{"c":2,"d":1}}'


def test_lists_and_tuples_are_the_same_text():
    """YAML gives lists, models give tuples."""
    assert canonical_json([1, "ü"]) == canonical_json((1, "ü")) == '[1,"\\u00fc"]'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_numbers_that_json_does_not_know_are_refused(value):
    """Rather an error than text that only Python reads."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


def test_digests_of_parts_do_not_collide():
    """Where one part ends and the next begins is part of the digest."""
    parts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ()]
    assert len({digest_of(*p) for p in parts}) == len(parts)


def test_text_and_its_bytes_have_one_digest():
    """A digest is of content, not of types."""
    assert digest_of("ü", b"1") == digest_of("ü".encode(), "1")


def test_digests_are_the_same_on_every_machine():
    """A release made elsewhere must have the same name."""
    assert digest_of("a", b"bc") == (
        "3fafa1cf2f19a7c1129beb20cf0983f73a489a221fc0dd2f16d1be292d089205"
    )
    assert series_digest(5, VALUES, [(6, 7)]) == (
        "9033d51cc2cd9c372f477a1019b66e2e1e666836718e2a9a4995210273009da9"
    )


@pytest.mark.parametrize(
    ("sensor_id", "expected"),
    [("P_n1", 16600277181836644422), ("", 16476032584258269876), ("Zähler 7", 2391701387278535217)],
)
def test_hashes_are_the_same_on_every_machine(sensor_id, expected):
    """A sensor's shard and seed are fixed for ever: tables on disk depend on them."""
    assert stable_hash(sensor_id) == expected
    assert stable_seed(sensor_id) == expected % 2**31


def test_hashes_spread_sensors_evenly_over_shards():
    """No shard is much larger than the others, however alike the names."""
    sizes = np.bincount([stable_hash(f"P_n{i}") % 64 for i in range(6400)], minlength=64)
    assert sizes.min() > 60
    assert sizes.max() < 140


@pytest.mark.parametrize(
    "other",
    [
        (6, VALUES, [(6, 7)]),
        (5, np.array([1.0, np.nan, 1e-300]), [(6, 7)]),
        (5, np.array([1.0, 0.0, np.nan]), [(6, 7)]),
        (5, np.array([1.0, np.nan]), [(6, 7)]),
        (5, VALUES, []),
        (5, VALUES, [(6, 8)]),
    ],
    ids=["moved", "value", "gap", "shorter", "not_excluded", "longer_event"],
)
def test_any_difference_in_what_was_learned_from_shows(other):
    """Start, values, gaps and exclusions each count."""
    assert series_digest(*other) != series_digest(5, VALUES, [(6, 7)])


def test_what_makes_no_difference_does_not_show():
    """Zero has one sign, a gap one NaN, and any byte order one meaning."""
    negative_nan = np.copysign(np.nan, -1)
    same = np.array([1.0, negative_nan, -0.0]).astype(">f8")
    assert series_digest(5, same, iter([(6, 7)])) == series_digest(5, VALUES, [(6, 7)])
