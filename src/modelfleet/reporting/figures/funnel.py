"""How many sensors come through each stage."""

from typing import TYPE_CHECKING

import polars as pl

from modelfleet.reporting.figures.canvas import new_figure, quieten, say, title
from modelfleet.reporting.palette import INK, LINE, MODEL, MUTED
from modelfleet.reporting.views import count_funnel
from modelfleet.reporting.words import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_funnel"]


def plot_funnel(
    admissions: pl.DataFrame, candidates: pl.DataFrame, verdicts: pl.DataFrame
) -> "Figure":
    """Known, admitted, trained and accepted sensors, with counts and shares.

    Args:
        admissions: one row per known sensor: ``admitted``, ``reasons``.
        candidates: one row per admitted sensor: ``outcome``.
        verdicts: one row per trained candidate: ``accepted``.
    """
    steps = count_funnel(admissions, candidates, verdicts)
    figure = new_figure(8, 3)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.12, right=0.97, top=0.86, bottom=0.05)
    places = [-place for place in range(len(steps))]
    axes.barh(places, [1.0] * len(steps), color=LINE, alpha=0.45, height=0.5)
    axes.barh(places, [step.share for step in steps], color=MODEL, height=0.5)
    for place, step in zip(places, steps, strict=True):
        say(axes, 1.02, place, f"{step.count:,}", va="center", fontsize=12, fontweight="bold")
        say(axes, 1.2, place, percent(step.share), va="center", ha="right", color=MUTED)
        say(axes, 0, place - 0.38, step.lost, va="center", color=MUTED, fontsize=7)
    axes.set_xlim(0, 1.2)
    axes.set_yticks(places, labels=[step.name for step in steps])
    axes.set_xticks([])
    quieten(axes, spines=())
    axes.tick_params(axis="y", labelsize=10, colors=INK)
    title(axes, "From known to accepted", size=12)
    return figure
