"""All pictures of a run as PNG files, drawn in one go wherever matplotlib is loaded."""

import io
from typing import TYPE_CHECKING

from modelfleet.reporting.content import ReportContent
from modelfleet.reporting.figures.examples import plot_examples
from modelfleet.reporting.figures.funnel import plot_funnel
from modelfleet.reporting.figures.quality import plot_quality_map
from modelfleet.reporting.figures.skill import plot_skill

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_pictures"]


def draw_pictures(content: ReportContent) -> tuple[bytes, bytes, bytes, bytes]:
    """Skill, funnel, best and worst sensors, data quality."""
    return (
        _png(plot_skill(content.scorecard)),
        _png(plot_funnel(content.admissions, content.candidates, content.verdicts)),
        _png(
            plot_examples(
                content.traces,
                content.verdicts,
                end=content.end,
                step_minutes=content.step_minutes,
                count=content.examples,
                days=content.example_days,
            )
        ),
        _png(plot_quality_map(content.profiles, content.admissions, end=content.end)),
    )


def _png(figure: "Figure") -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
