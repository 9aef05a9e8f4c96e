"""The baselines by name."""

import pytest

from modelfleet.domain.baselines import (
    BASELINES,
    BusinessRule,
    HourOfWeekMedian,
    WeeklyNaive,
    make_baseline,
)


@pytest.mark.parametrize(
    ("name", "baseline"),
    [
        ("weekly_naive", WeeklyNaive(3)),
        ("hour_of_week_median", HourOfWeekMedian(3)),
        ("business_rule", BusinessRule()),
    ],
)
def test_a_name_in_conf_makes_its_baseline(name, baseline):
    """The reach in weeks is handed on to those that look back."""
    assert make_baseline(name, weeks=3) == baseline


def test_there_are_three():
    """A new baseline comes with a line above and its own file."""
    assert list(BASELINES) == ["weekly_naive", "hour_of_week_median", "business_rule"]
