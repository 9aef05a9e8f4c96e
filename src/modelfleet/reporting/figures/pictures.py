"""All pictures of a run as PNG files, drawn in one go wherever matplotlib is loaded."""

import io
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from modelfleet.reporting.figures.examples import plot_examples
from modelfleet.reporting.figures.funnel import plot_funnel
from modelfleet.reporting.figures.quality import plot_quality_map
from modelfleet.reporting.figures.skill import plot_skill

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Pictures", "draw_pictures"]

Pictures: TypeAlias = tuple[bytes, bytes, bytes, bytes]


def draw_pictures(
    *,
    scorecard: pl.DataFrame,
    profiles: pl.DataFrame,
    admissions: pl.DataFrame,
    candidates: pl.DataFrame,
    traces: pl.LazyFrame,
    verdicts: pl.DataFrame,
    end: datetime,
    step_minutes: int,
    examples: int = 12,
    example_days: int = 7,
) -> Pictures:
    """Skill, funnel, best and worst sensors, data quality.

    The tables are those of :class:`~modelfleet.reporting.content.ReportContent`.
    """
    return (
        _png(plot_skill(scorecard)),
        _png(plot_funnel(admissions, candidates, verdicts)),
        _png(
            plot_examples(
                traces,
                verdicts,
                end=end,
                step_minutes=step_minutes,
                count=examples,
                days=example_days,
            )
        ),
        _png(plot_quality_map(profiles, admissions, end=end)),
    )


def _png(figure: "Figure") -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
