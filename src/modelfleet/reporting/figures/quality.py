"""Where readings are missing: weeks by sensors."""

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from modelfleet.reporting.figures.canvas import (
    new_figure,
    quieten,
    say,
    say_nothing_to_show,
    title,
)
from modelfleet.reporting.palette import INK, MUTED, QUARANTINED, coverage_palette, coverage_steps
from modelfleet.reporting.views import Band, CoverageMap, map_coverage
from modelfleet.reporting.views.coverage import spread_labels
from modelfleet.reporting.words import counted, in_words, naming, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_quality_map"]

NAMED_ROWS = 150
"""Up to so many sensors each row has its name; beyond, the map is a texture."""
ROW_INCHES, TALLEST, SHORTEST = 0.095, 14.0, 2.2


def plot_quality_map(
    profiles: pl.DataFrame, admissions: pl.DataFrame, *, end: datetime
) -> "Figure":
    """Share of steps with a value by week and sensor, problems on top.

    Args:
        profiles: ``weekly_coverage``, latest week last.
        admissions: ``admitted`` and ``reasons``.
        end: end of the latest week.
    """
    found = map_coverage(profiles, admissions, end=end)
    sensors = len(found.sensors)
    tall = sensors * ROW_INCHES if sensors <= NAMED_ROWS else 9.0
    height = float(np.clip(tall, SHORTEST, TALLEST))
    figure = new_figure(11, height + 1.2)
    axes = figure.subplots()
    figure.subplots_adjust(
        left=0.12, right=0.76, top=1 - 0.5 / (height + 1.2), bottom=0.7 / (height + 1.2)
    )
    if not sensors:
        say_nothing_to_show(axes, "No sensor is known")
        return figure
    axes.imshow(_pixels(found), aspect="auto", interpolation="auto", interpolation_stage="rgba")
    _label_rows(axes, found)
    _label_weeks(axes, found)
    for band, place in zip(found.bands, _places(found.bands, sensors, height), strict=True):
        _mark_band(axes, band, place, shares=found.shares.shape[1])
    quieten(axes, spines=())
    title(axes, f"Weekly coverage of {counted(sensors, 'sensor')}", size=12)
    _add_legend(figure)
    return figure


def _pixels(found: CoverageMap) -> npt.NDArray[np.uint8]:
    """RGBA; shape (sensors, weeks, 4). Unknown weeks stay clear."""
    clear = np.zeros((1, 4), dtype=np.uint8)
    return np.concatenate([coverage_palette(), clear])[coverage_steps(found.shares)]


def _label_rows(axes: "Axes", found: CoverageMap) -> None:
    if len(found.sensors) > NAMED_ROWS:
        axes.set_yticks([])
        return
    labels = [shown(sensor) for sensor in found.sensors]
    axes.set_yticks(range(len(labels)), labels=labels, fontsize=5.5, va="center_baseline")
    quarantined = max((band.last for band in found.bands if not band.retired), default=-1)
    for row, label in enumerate(axes.get_yticklabels()):
        label.set_parse_math(False)
        label.set_color(QUARANTINED if row <= quarantined else MUTED)


def _label_weeks(axes: "Axes", found: CoverageMap) -> None:
    weeks = found.shares.shape[1]
    columns = np.unique(np.linspace(0, weeks - 1, min(weeks, 7)).astype(int))
    axes.set_xticks(columns, labels=[f"{found.week_end(int(c)):%d %b %Y}" for c in columns])


def _places(bands: tuple[Band, ...], sensors: int, height: float) -> list[float]:
    """Rows at which the labels of the bands stand: apart by a line of text at least."""
    centres = [(band.first + band.last) / 2 for band in bands]
    return spread_labels(centres, apart=0.16 / height * sensors)


def _mark_band(axes: "Axes", band: Band, place: float, *, shares: int) -> None:
    edge, middle = shares - 0.5, (band.first + band.last) / 2
    step = max(shares / 60, 0.05)
    color = MUTED if band.retired else QUARANTINED
    style = {"color": color, "clip_on": False, "solid_capstyle": "butt"}
    x = edge + step * 0.6
    axes.plot([x, x], [band.first - 0.45, band.last + 0.45], linewidth=3, **style)  # type: ignore[arg-type]
    axes.plot([x, x + step, x + 1.4 * step], [middle, place, place], linewidth=0.7, **style)  # type: ignore[arg-type]
    names = f": {naming(band.sensors, limit=2)}" if len(band.sensors) <= 2 else ""
    text = f"{in_words(band.reason)} ({len(band.sensors):,}){names}"
    say(axes, x + 1.7 * step, place, text[:60], va="center", fontsize=7, color=color)


def _add_legend(figure: "Figure") -> None:
    from matplotlib.patches import Patch

    palette = coverage_palette() / 255
    scale = [Patch(color=palette[step], label=f"{step * 10} %") for step in (10, 7, 5, 2, 0)]
    figure.legend(
        handles=[*scale, Patch(color=QUARANTINED, label="quarantined")],
        loc="lower center",
        ncols=6,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
    )
