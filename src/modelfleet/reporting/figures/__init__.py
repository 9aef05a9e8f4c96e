"""Pictures for people and for the tracking server: one idea, one file."""

from modelfleet.reporting.figures.examples import plot_examples
from modelfleet.reporting.figures.funnel import plot_funnel
from modelfleet.reporting.figures.pictures import Pictures, draw_pictures
from modelfleet.reporting.figures.quality import plot_quality_map
from modelfleet.reporting.figures.skill import plot_skill

__all__ = [
    "Pictures",
    "draw_pictures",
    "plot_examples",
    "plot_funnel",
    "plot_quality_map",
    "plot_skill",
]
