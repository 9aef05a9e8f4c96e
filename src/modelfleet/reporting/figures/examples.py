"""The sensors at either end of the ranking, as pictures."""

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.reporting.figures.canvas import (
    new_figure,
    quieten,
    say_nothing_to_show,
    title,
)
from modelfleet.reporting.palette import BASELINE, INK, LINE, MODEL, MUTED
from modelfleet.reporting.views import Example, pick_extremes
from modelfleet.reporting.words import change, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_examples"]

COLUMNS = 4
LINES = (("actual", INK, 0.9), ("baseline", BASELINE, 0.9), ("forecast", MODEL, 1.1))
PANEL, HEAD = 1.35, 0.42
"""Inches: height of a row of pictures, and of a heading."""


def plot_examples(
    candidates: pl.DataFrame | pl.LazyFrame,
    verdicts: pl.DataFrame,
    *,
    end: datetime,
    step_minutes: int,
    count: int = 12,
    days: int = 7,
) -> "Figure":
    """The best and the worst sensors by gain: actual, forecast and baseline.

    Args:
        candidates: with the traces of the backtest, one value per step.
        verdicts: with ``gain``, the mean weekly gain, and ``accepted``.
        end: last step of the traces, UTC.
        step_minutes: length of a step, minutes.
        count: sensors at either end.
        days: days that are shown, at the end of the traces.
    """
    steps = days * 24 * 60 // step_minutes
    found = pick_extremes(candidates, verdicts, count=count, steps=steps)
    groups = [
        (f"{len(group)} {word} by gain over the baseline", group)
        for word, group in (("best", found.best), ("worst", found.worst))
        if group
    ]
    if not groups:
        figure = new_figure(8, 3)
        say_nothing_to_show(figure.subplots(), "No candidate was judged")
        return figure
    height = sum(HEAD + PANEL * ceil(len(group) / COLUMNS) for _, group in groups) + 0.35
    figure = new_figure(12, height)
    top = height - 0.05
    for name, group in groups:
        figure.text(0.02, (top - 0.2) / height, name, fontsize=12, color=INK, va="center")
        _draw_group(figure, group, top - HEAD, end, step_minutes)
        top -= HEAD + PANEL * ceil(len(group) / COLUMNS)
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(),
        loc="lower right",
        ncols=3,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
    )
    return figure


def _draw_group(
    figure: "Figure", group: tuple[Example, ...], top: float, end: datetime, step_minutes: int
) -> None:
    """Place pictures by hand: a layout engine would take longer than the drawing."""
    width, height = figure.get_size_inches()
    column = (width - 0.2) / COLUMNS
    for position, example in enumerate(group):
        row, place = divmod(position, COLUMNS)
        left, bottom = 0.45 + place * column, top - (row + 1) * PANEL + 0.32
        box = (left / width, bottom / height, (column - 0.4) / width, (PANEL - 0.6) / height)
        _draw_example(figure.add_axes(box), example, end, step_minutes)


def _draw_example(axes: "Axes", example: Example, end: datetime, step_minutes: int) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    for name, color, width in LINES:
        values: FloatArray = getattr(example, name)
        if np.isfinite(values).any():
            axes.plot(
                _times(len(values), end, step_minutes), values, color=color, lw=width, label=name
            )
        else:
            axes.plot([], [], color=color, lw=width, label=name)
    verdict = "accepted" if example.accepted else "rejected"
    color = MODEL if example.accepted else MUTED
    title(
        axes, f"{shown(example.sensor_id)}  {change(example.gain)}  {verdict}", size=8, color=color
    )
    locator = AutoDateLocator(minticks=2, maxticks=4)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    axes.locator_params(axis="y", nbins=3)
    axes.grid(axis="x", color=LINE, linewidth=0.5)
    quieten(axes)
    axes.tick_params(labelsize=6, pad=2)


def _times(count: int, end: datetime, step_minutes: int) -> FloatArray:
    """Matplotlib's dates of the last steps; shape (count,)."""
    from matplotlib.dates import date2num

    start = end - timedelta(minutes=step_minutes * (count - 1))
    first, last = date2num([start.replace(tzinfo=None), end.replace(tzinfo=None)])  # type: ignore[no-untyped-call]
    return np.linspace(first, last, count)
