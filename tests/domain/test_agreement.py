"""How far models that should be the same are from each other."""

import math

import numpy as np
import pytest

from modelfleet.domain.agreement import TOLERANCE, largest_difference

NAN = float("nan")


@pytest.mark.parametrize(
    ("recorded", "anew", "difference"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.0], [1.0, 1.0], 0.5),
        ([1.0, -2.0], [1.0, 2.0], 2.0),
        ([1e9, 1e-9], [1e9, 2e-9], 0.5),
        ([0.0], [1e-300], 1.0),
        ([NAN, 1.0], [NAN, 1.0], 0.0),
        ([NAN, 1.0], [1.0, NAN], math.inf),
        ([1.0], [1.0, 1.0], math.inf),
        ([], [], 0.0),
    ],
)
def test_every_number_counts_by_its_own_size(
    recorded: list[float], anew: list[float], difference: float
) -> None:
    """A small coefficient beside large ones is not hidden by them, nor is a missing one."""
    assert largest_difference(np.array(recorded), np.array(anew)) == difference


def test_last_bits_are_no_difference() -> None:
    """Another processor adds in another order."""
    numbers = np.array([3.7, -0.002])
    assert 0 < largest_difference(numbers, np.nextafter(numbers, 9.0)) < TOLERANCE
