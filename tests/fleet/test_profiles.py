"""What is measured of one sensor, against the plainest way to measure it."""

from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.parameters.validation import ProfileParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block
from modelfleet.fleet.profiles import profile_block

STEP = 360
PER_WEEK = 28
RECENT = 2
STUCK = 12
PARAMETERS = ProfileParameters(
    recent_weeks=RECENT, stuck_hours=STUCK, jump_factor=5, hold_days=2, swap_factor=1
)


def profile(values: FloatArray) -> dict[str, Any]:
    """The profile of a sensor with these values, four a day."""
    axis = Axis(STEP, "UTC", 0, 1000)
    return profile_block(Block(1000 - len(values), values), axis, PARAMETERS)


@given(
    st.lists(st.sampled_from([np.nan, 0.0, 1.0, 2.5]), max_size=4 * PER_WEEK),
    st.sampled_from([0.0, 3.0]),
)
def test_gaps_and_runs_are_those_that_can_be_counted(rest: list[float], first: float) -> None:
    """Gaps and stuck runs of the recent weeks, the run at the end of all, shares and silence."""
    values = np.array([first, *rest])
    known, recent = np.isfinite(values), values[-RECENT * PER_WEEK :]
    gaps = [sum(1 for _ in run) for is_gap, run in groupby(np.isnan(recent)) if is_gap]
    present = recent[np.isfinite(recent)]
    runs = [sum(1 for _ in run) for _, run in groupby(present)]
    stuck = sum(run for run in runs if run * STEP / 60 >= STUCK)
    at_end = [sum(1 for _ in run) for _, run in groupby(values[known])][-1]
    found = profile(values)
    assert found["longest_gap_hours"] == max(gaps, default=0) * STEP / 60
    assert found["longest_stuck_hours"] == max(runs, default=0) * STEP / 60
    assert found["stuck_end_hours"] == at_end * STEP / 60
    assert found["stuck_share"] == pytest.approx(stuck / max(len(present), 1))
    assert found["coverage"] == pytest.approx(np.isfinite(recent).mean())
    assert found["zero_share"] == pytest.approx((values[known] == 0).mean())
    assert found["silence_hours"] == int(known[::-1].argmax()) * STEP / 60
    assert found["readings"] == known.sum()
    weeks = [values[max(stop - PER_WEEK, 0) : stop] for stop in range(len(values), 0, -PER_WEEK)]
    share = [np.isfinite(week).sum() / PER_WEEK for week in reversed(weeks)]
    assert found["weekly_coverage"] == pytest.approx(share)
