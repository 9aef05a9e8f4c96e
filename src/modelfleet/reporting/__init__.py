"""Tables into pictures and pages: what people look at instead of 5,000 rows.

Everything here is a pure function from tables to a figure or to a page: nothing is read, written or
decided.
"""

from modelfleet.reporting.content import ReportContent
from modelfleet.reporting.figures import (
    Pictures,
    draw_pictures,
    plot_examples,
    plot_funnel,
    plot_quality_map,
    plot_skill,
)
from modelfleet.reporting.report import render_report

__all__ = [
    "Pictures",
    "ReportContent",
    "draw_pictures",
    "plot_examples",
    "plot_funnel",
    "plot_quality_map",
    "plot_skill",
    "render_report",
]
