"""Rolling origins and exclusions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.windows import Window, exclusion_mask, plan_backtest

lengths = st.integers(0, 3000)
sliding = st.one_of(st.none(), st.integers(1, 10))


@given(length=lengths, weeks=st.integers(1, 12), sliding_weeks=sliding)
def test_no_step_is_learned_and_judged_by_the_same_fit(length, weeks, sliding_weeks):
    """Each training window ends where its judged week begins, and reaches back as told."""
    plan = plan_backtest(length, weeks=weeks, per_week=168, sliding_weeks=sliding_weeks)
    assert len(plan.training) == len(plan.scoring) == weeks
    for training, scoring in zip(plan.training, plan.scoring, strict=True):
        assert 0 <= training.start <= training.stop == scoring.start <= scoring.stop <= length
        if sliding_weeks is not None:
            assert training.stop - training.start <= sliding_weeks * 168
        else:
            assert training.start == 0


@given(length=lengths, weeks=st.integers(1, 12))
def test_judged_weeks_are_the_last_ones_in_order(length, weeks):
    """The last judged week ends with the series; every judged step is in one week."""
    plan = plan_backtest(length, weeks=weeks, per_week=168)
    judged = [step for week in plan.scoring for step in range(week.start, week.stop)]
    assert judged == list(range(max(length - weeks * 168, 0), length))


def test_the_final_fit_takes_the_last_weeks():
    """What serves is fitted on everything a window may hold, up to the last step."""
    assert plan_backtest(2000, weeks=4, per_week=168).final == Window(0, 2000)
    assert plan_backtest(2000, weeks=4, per_week=168, sliding_weeks=2).final == Window(1664, 2000)


def test_origins_before_the_beginning_learn_from_nothing():
    """A young sensor gets empty windows rather than negative positions."""
    plan = plan_backtest(200, weeks=3, per_week=168)
    assert plan.training == (Window(0, 0), Window(0, 0), Window(0, 32))
    assert plan.scoring == (Window(0, 0), Window(0, 32), Window(32, 200))


@pytest.mark.parametrize(
    ("period", "excluded"),
    [
        ((102, 104), [2, 3]),
        ((90, 102), [0, 1]),
        ((108, 300), [8, 9]),
        ((50, 60), []),
        ((110, 120), []),
        ((104, 104), []),
    ],
)
def test_periods_are_half_open_stretches_of_the_grid(period, excluded):
    """A period counts only where it overlaps the series; its end is not part of it."""
    mask = exclusion_mask(10, first=100, periods=[period])
    assert np.flatnonzero(mask).tolist() == excluded


def test_periods_add_up():
    """Overlapping events exclude their union."""
    mask = exclusion_mask(6, first=0, periods=[(0, 2), (1, 3), (5, 6)])
    assert np.flatnonzero(mask).tolist() == [0, 1, 2, 5]
