"""A picture of one forecast: two weeks of readings, then the day, with interval and backup."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from modelfleet.commands.prediction_evidence.figures import Figures, day_of, time_of
from modelfleet.reporting.figures.canvas import new_figure, quieten, say, title
from modelfleet.reporting.palette import BASELINE, INK, LINE, MODEL, MUTED, QUARANTINED
from modelfleet.reporting.words import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["check_picture", "draw_document"]

Document = Mapping[str, Any]

KINDS = (".png", ".svg")
CLOSE = timedelta(days=2)
"""Readings before the origin that the panel of the day repeats."""
EVENT = "#f3d9a4"
NAN = float("nan")


def check_picture(file: Path) -> None:
    """Refuse another kind of file, and a folder that is not there, before anything is computed.

    Raises:
        click.BadParameter: see above.
    """
    if file.suffix.lower() not in KINDS:
        raise click.BadParameter(
            f"{file.name!r} is no {' or '.join(KINDS)} file", param_hint="--plot"
        )
    if not file.parent.is_dir():
        raise click.BadParameter(f"there is no folder {str(file.parent)!r}", param_hint="--plot")


def draw_document(document: Document, file: Path) -> None:
    """Draw what :func:`~modelfleet.commands.prediction_evidence.document_of` tells into a file."""
    figure = _figure(document)
    dated = {"Date": None} if file.suffix.lower() == ".svg" else {}
    figure.savefig(file, format=file.suffix.lower().removeprefix("."), metadata=dated)


def _figure(document: Document) -> "Figure":
    figures = Figures.of(document)
    figure = new_figure(11, 4.6)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    figure.subplots_adjust(left=0.065, right=0.985, top=0.77, bottom=0.15, wspace=0.05)
    origin = _moment(document["forecast"]["origin"], document)
    begin = origin - timedelta(days=14)
    end = _moment(document["path"][-1]["timestamp"], document)
    for axes, since in ((left, begin), (right, origin - CLOSE)):
        _draw(axes, document)
        axes.set_xlim(_date(since) - 0.02, _date(end))
        _dates(axes)
    _mark(right, document, figures)
    title(left, "Two weeks before", size=9, color=MUTED)
    title(right, "The day", size=9, color=MUTED)
    what = ", ".join(filter(None, (document["sensor"]["kind"], figures.unit)))
    left.set_ylabel(shown(what) if what else "", color=MUTED, fontsize=8, parse_math=False)
    if not _has(document["history"], "value") and not _has(document["path"], "value"):
        left.set_yticks([])
    _head(figure, document, figures)
    _legend(figure, left, right)
    return figure


def _draw(axes: "Axes", document: Document) -> None:
    """Everything that has a place in time; what lies outside of the panel is cut off."""
    history, path = document["history"], document["path"]
    _shade(axes, document)
    axes.axvline(_date(_moment(document["forecast"]["origin"], document)), color=LINE, lw=1)
    times = [_date(_moment(each["timestamp"], document)) for each in history]
    values = _numbers(history, "value")
    if _has(history, "value"):
        axes.plot(times, values, color=INK, lw=0.9, label="read before")
    if any(each["excluded"] for each in history):
        left_out = [v if e["excluded"] else NAN for v, e in zip(values, history, strict=True)]
        axes.plot(times, left_out, color=QUARANTINED, lw=2.4, label="left out of learning")
    _draw_path(axes, document, [_date(_moment(each["timestamp"], document)) for each in path])
    quieten(axes)
    axes.grid(axis="y", color=LINE, lw=0.5)


def _draw_path(axes: "Axes", document: Document, times: Sequence[float]) -> None:
    """The forecast from its first step to its last."""
    path, by_backup = document["path"], document["forecast"]["source"] == "baseline"
    color = BASELINE if by_backup else MODEL
    if _has(path, "lower"):
        lower, upper = _numbers(path, "lower"), _numbers(path, "upper")
        axes.fill_between(times, lower, upper, color=color, alpha=0.16, lw=0, label="interval")
    if _has(path, "backup") and not by_backup:
        axes.plot(times, _numbers(path, "backup"), color=BASELINE, lw=1.1, ls="--", label="backup")
    if _has(path, "value"):
        axes.plot(times, _numbers(path, "value"), color=color, lw=1.7, label="forecast")
    if _has(path, "actual"):
        actual = _numbers(path, "actual")
        axes.plot(times, actual, color=INK, lw=0, marker="o", ms=2.6, label="read since")


def _shade(axes: "Axes", document: Document) -> None:
    for number, event in enumerate(document["events"]["lately"]):
        start, stop = (_date(_moment(event[name], document)) for name in ("start", "end"))
        label = "event" if number == 0 else None
        axes.axvspan(start, stop, color=EVENT, alpha=0.5, lw=0, label=label)


def _mark(axes: "Axes", document: Document, figures: Figures) -> None:
    """The step that is explained."""
    here = _date(_moment(document["timestamp"], document))
    axes.axvline(here, color=MUTED, lw=0.7, ls=":")
    value = document["forecast"]["value"]
    above = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "bottom"}
    if value is None:
        say(axes, here, 1.01, "no forecast", color=QUARANTINED, fontsize=9, **above)
        return
    color = BASELINE if document["forecast"]["source"] == "baseline" else MODEL
    axes.plot([here], [value], marker="o", ms=6, mfc="white", mec=color, mew=1.6, lw=0)
    say(axes, here, 1.01, figures.bare(value), color=color, fontsize=10, weight="bold", **above)


def _head(figure: "Figure", document: Document, figures: Figures) -> None:
    forecast, local = document["forecast"], document["local_time"]
    when = f"{day_of(local, weekday=True)}, {time_of(local)} ({document['time_zone']})"
    told = "no forecast" if forecast["value"] is None else figures.full(forecast["value"])
    if forecast["lower"] is not None:
        told += f", {figures.bare(forecast['lower'])} to {figures.bare(forecast['upper'])}"
    words = {"baseline": "by its backup", "none": "nothing serves it"}
    source = words.get(forecast["source"], "by its model")
    line: dict[str, Any] = {"x": 0.06, "ha": "left", "va": "top", "parse_math": False}
    figure.text(
        y=0.965, s=f"{shown(document['sensor_id'])}: {told}", fontsize=13, color=INK, **line
    )
    figure.text(y=0.895, s=f"{when}, {source}", fontsize=9, color=MUTED, **line)
    if document["reproduced"]["same"] is False:
        warning: dict[str, Any] = {**line, "x": 0.985, "ha": "right"}
        figure.text(y=0.955, s="cannot be reproduced", fontsize=10, color=QUARANTINED, **warning)


def _legend(figure: "Figure", *panels: "Axes") -> None:
    found: dict[str, Any] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    options: dict[str, Any] = {
        "frameon": False,
        "fontsize": 8,
        "labelcolor": INK,
        "handlelength": 1.6,
    }
    place: dict[str, Any] = {"bbox_to_anchor": (0.055, -0.01), "ncols": len(found) or 1}
    figure.legend(list(found.values()), list(found), loc="lower left", **place, **options)


def _dates(axes: "Axes") -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]


def _has(rows: Sequence[Document], name: str) -> bool:
    return any(row[name] is not None for row in rows)


def _numbers(rows: Sequence[Document], name: str) -> list[float]:
    return [NAN if row[name] is None else float(row[name]) for row in rows]


def _moment(text: str, document: Document) -> datetime:
    """On the fleet's clocks."""
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(document["time_zone"]))
    return local.replace(tzinfo=None)


def _date(moment: datetime) -> float:
    from matplotlib.dates import date2num

    return float(date2num(moment))  # type: ignore[no-untyped-call]
