"""The baselines by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from modelfleet.domain.baselines.base import Baseline
from modelfleet.domain.baselines.business_rule import BusinessRule
from modelfleet.domain.baselines.hour_of_week_median import HourOfWeekMedian
from modelfleet.domain.baselines.weekly_naive import WeeklyNaive

__all__ = ["BASELINES", "make_baseline"]

BASELINES: Mapping[str, Callable[[int], Baseline]] = MappingProxyType(
    {
        "weekly_naive": WeeklyNaive,
        "hour_of_week_median": HourOfWeekMedian,
        "business_rule": lambda _weeks: BusinessRule(),
    }
)


def make_baseline(name: str, *, weeks: int) -> Baseline:
    """Make the baseline called ``name``, which looks back at most ``weeks`` weeks."""
    return BASELINES[name](weeks)
