"""How much better than their baselines the candidates are."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from modelfleet.reporting.figures.canvas import (
    new_figure,
    quieten,
    say,
    say_nothing_to_show,
    title,
)
from modelfleet.reporting.palette import BASELINE, INK, KEPT, LINE, MODEL, MUTED
from modelfleet.reporting.views import Distribution, distribute_skill
from modelfleet.reporting.words import change, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_skill"]


def plot_skill(scorecard: pl.DataFrame) -> "Figure":
    """Distribution of skill over all judged candidates, accepted and rejected.

    Args:
        scorecard: ``skill`` (1 - MAE / MAE of the baseline) and ``accepted``, null where not
            judged.
    """
    figure = new_figure(8, 4)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.08, right=0.97, top=0.84, bottom=0.15)
    found = distribute_skill(scorecard)
    if not found.judged:
        say_nothing_to_show(axes, "No candidate was judged")
        return figure
    _draw_bars(axes, found)
    _draw_marks(axes, found)
    title(axes, f"Skill of {counted(found.judged, 'judged candidate')}", size=12)
    axes.set_xlabel("error saved compared with the baseline", color=MUTED, fontsize=9)
    axes.set_ylabel("sensors", color=MUTED, fontsize=9)
    return figure


def _draw_bars(axes: "Axes", found: Distribution) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    widths = np.diff(found.edges)
    stacks = (
        (found.accepted, 0, MODEL, "accepted"),
        (found.kept, found.accepted, KEPT, "its champion stays"),
        (found.rejected, found.accepted + found.kept, BASELINE, "rejected, on its baseline"),
    )
    for counts, bottom, color, label in stacks:
        if label == stacks[1][3] and not counts.any():
            continue
        axes.bar(
            found.edges[:-1], counts, widths * 0.9, bottom, align="edge", color=color, label=label
        )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: change(value)))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    quieten(axes)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left")


def _draw_marks(axes: "Axes", found: Distribution) -> None:
    top = axes.get_ylim()[1]
    axes.axvline(0, color=INK, linewidth=1)
    if found.median is not None:
        place = float(np.clip(found.median, found.edges[0], found.edges[-1]))
        axes.axvline(place, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        say(axes, place, top * 1.01, f"median {change(found.median)}", ha="center", va="bottom")
    for count, x, side, word in (
        (found.below, found.edges[0], "left", "lower"),
        (found.above, found.edges[-1], "right", "higher"),
    ):
        if count:
            text = f"with {count:,} still {word}"
            say(axes, x, -top * 0.11, text, ha=side, va="top", color=MUTED, fontsize=7)
