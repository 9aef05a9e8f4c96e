"""What a picture shows, as plain values: the figures and the page draw the same."""

from modelfleet.reporting.views.cohorts import CohortRow, count_cohorts
from modelfleet.reporting.views.costs import Costs, add_costs
from modelfleet.reporting.views.coverage import Band, CoverageMap, map_coverage
from modelfleet.reporting.views.decisions import with_decision
from modelfleet.reporting.views.distribution import Distribution, distribute_skill
from modelfleet.reporting.views.extremes import Example, Extremes, pick_extremes
from modelfleet.reporting.views.funnel import FunnelStep, count_funnel
from modelfleet.reporting.views.gains import GainMap, map_gains, weekly_gains
from modelfleet.reporting.views.intervals import count_replaced, describe_coverage
from modelfleet.reporting.views.interventions import (
    count_exclusions,
    describe_hold,
    list_overrides,
)
from modelfleet.reporting.views.outcomes import find_outcomes
from modelfleet.reporting.views.ranking import rank_sensors
from modelfleet.reporting.views.standing import STANDINGS, find_standings, standing

__all__ = [
    "STANDINGS",
    "Band",
    "CohortRow",
    "Costs",
    "CoverageMap",
    "Distribution",
    "Example",
    "Extremes",
    "FunnelStep",
    "GainMap",
    "add_costs",
    "count_cohorts",
    "count_exclusions",
    "count_funnel",
    "count_replaced",
    "describe_coverage",
    "describe_hold",
    "distribute_skill",
    "find_outcomes",
    "find_standings",
    "list_overrides",
    "map_coverage",
    "map_gains",
    "pick_extremes",
    "rank_sensors",
    "standing",
    "weekly_gains",
    "with_decision",
]
