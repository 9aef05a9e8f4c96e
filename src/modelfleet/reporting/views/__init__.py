"""What a picture shows, as plain values: the figures and the page draw the same."""

from modelfleet.reporting.views.cohorts import CohortRow, count_cohorts
from modelfleet.reporting.views.coverage import Band, CoverageMap, map_coverage
from modelfleet.reporting.views.distribution import Distribution, distribute_skill
from modelfleet.reporting.views.extremes import Example, Extremes, pick_extremes
from modelfleet.reporting.views.funnel import FunnelStep, count_funnel
from modelfleet.reporting.views.outcomes import find_outcomes
from modelfleet.reporting.views.standing import STANDINGS, find_standings, standing

__all__ = [
    "STANDINGS",
    "Band",
    "CohortRow",
    "CoverageMap",
    "Distribution",
    "Example",
    "Extremes",
    "FunnelStep",
    "count_cohorts",
    "count_funnel",
    "distribute_skill",
    "find_outcomes",
    "find_standings",
    "map_coverage",
    "pick_extremes",
    "standing",
]
