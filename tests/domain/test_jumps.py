"""Days that lie far outside the usual."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from modelfleet.domain.jumps import count_jumps

ROUND = st.integers(-6, 6).map(float)
"""Few different values, so that many are equal and limits are met exactly."""
NUMBERS = st.one_of(ROUND, st.floats(-1e6, 1e6))


@given(
    arrays(float, st.integers(1, 60), elements=NUMBERS),
    arrays(float, st.integers(0, 12), elements=st.one_of(NUMBERS, st.just(np.nan))),
    st.sampled_from([0.5, 1.0, 5.0]),
)
def test_a_jump_is_what_lies_beyond_the_quartiles(values, levels, factor):
    """The quick look at the counts never says another number than the quartiles do."""
    low, high = np.quantile(values, [0.25, 0.75])
    margin = factor * (high - low)
    beyond = [day for day in levels if day < low - margin or day > high + margin]
    assert count_jumps(values, levels, factor=factor) == (len(beyond) if margin > 0 else 0)


@pytest.mark.parametrize("size", [-40.0, 40.0])
def test_jumps_are_counted_in_a_sensor_like_many(size):
    """Three days far below or above a daily wave; the others are as usual."""
    wave = 10 + 3 * np.sin(2 * np.pi * np.arange(24 * 100) / 24)
    levels = np.full(100, 10.0)
    levels[[5, 50, 51]] += size
    values = wave + np.repeat(levels - 10, 24)
    assert count_jumps(values, levels, factor=5) == 3
    assert count_jumps(wave, np.full(100, 10.0), factor=5) == 0
