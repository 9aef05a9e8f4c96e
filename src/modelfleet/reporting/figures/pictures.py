"""All pictures of a run as PNG files, drawn in one go wherever matplotlib is loaded."""

import io
from typing import TYPE_CHECKING

import polars as pl

from modelfleet.fleet.axis import Axis
from modelfleet.fleet.scorecard import TRACES
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.reporting.figures.examples import plot_examples
from modelfleet.reporting.figures.funnel import plot_funnel
from modelfleet.reporting.figures.quality import plot_quality_map
from modelfleet.reporting.figures.skill import plot_skill

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_pictures"]


def draw_pictures(
    *,
    measurements: ShardedFrame,
    admissions: pl.DataFrame,
    candidates: ShardedFrame,
    verdicts: pl.DataFrame,
    scorecard: pl.DataFrame,
    axis: Axis,
    examples: int,
    example_days: int,
) -> tuple[bytes, bytes, bytes, bytes]:
    """Skill, funnel, best and worst sensors, data quality.

    Args:
        measurements: what validation measured, with ``weekly_coverage``.
        admissions: ``admitted`` and ``reasons``.
        candidates: with their traces.
        verdicts: with ``gain`` and ``accepted``.
        scorecard: one row per sensor.
        axis: of the run.
        examples: sensors that are shown at either end of the ranking.
        example_days: days of each that are shown.
    """
    return (
        _png(plot_skill(scorecard)),
        _png(plot_funnel(admissions, candidates.collect(without=TRACES), verdicts)),
        _png(
            plot_examples(
                candidates.scan(),
                verdicts,
                end=axis.end,
                step_minutes=axis.step_minutes,
                count=examples,
                days=example_days,
            )
        ),
        _png(plot_quality_map(measurements.collect(), admissions, end=axis.end)),
    )


def _png(figure: "Figure") -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
