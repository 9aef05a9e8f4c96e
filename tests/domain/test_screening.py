"""Whether a cheap recipe is good enough, so that a dear one need not be tried."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.screening import is_good_enough

WEEKS = 12
BASELINE = np.full(WEEKS, 2.0)
HOURS = np.full(WEEKS, 168.0)
NOISE = np.random.default_rng(0).normal(scale=0.1, size=WEEKS)


@pytest.mark.parametrize(("gain", "enough"), [(0.3, True), (0.0, False), (-0.3, False)])
def test_what_is_clearly_better_is_enough(gain, enough):
    """A tie is none: then the dear recipe is worth its time."""
    noise = NOISE - NOISE.mean()
    loss = BASELINE * (1 - gain) + noise
    assert is_good_enough(loss, BASELINE, HOURS, min_probability=0.8) is enough


@given(weeks=st.integers(0, 12), missing=st.integers(0, 12), hours=st.sampled_from([0.0, 49, 168]))
def test_what_cannot_be_judged_is_not_enough(weeks, missing, hours):
    """Few weeks, few hours, no figure or no variation never pass, however good the rest looks."""
    loss = 0.5 * BASELINE[:weeks] + NOISE[:weeks]
    loss[:missing] = np.nan
    enough = is_good_enough(loss, BASELINE[:weeks], np.full(weeks, hours), min_probability=0.8)
    assert not (enough and (hours < 50 or weeks - missing < 4))
    assert not is_good_enough(0.5 * BASELINE, BASELINE, HOURS, min_probability=0.8)
