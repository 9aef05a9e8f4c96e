"""The map of weeks and sensors: who gained over the baseline, and when."""

import warnings
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.reporting.palette import (
    decision_palette,
    gain_palette,
    gain_steps,
)
from modelfleet.reporting.pixels import png_data_uri
from modelfleet.reporting.views.decisions import DECISIONS
from modelfleet.reporting.views.gains import GainMap
from modelfleet.reporting.words import shown

__all__ = ["GainPicture", "draw_gains"]

ROW = 18
MOST_COLUMNS = 1000
"""A screen has no more; neighbours are joined by their mean, which a browser would do worse."""
LIMITS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
NARROWEST = 7.0
"""Percent of the width that a cohort's name needs."""
THINNEST = 1.5


@dataclass(frozen=True)
class Label:
    """A name above the map: where it begins and how wide it may be, percent of the width."""

    left: float
    width: float
    text: str


@dataclass(frozen=True)
class GainPicture:
    """The map and what stands around it.

    Attributes:
        uri: the picture, a pixel per week and column.
        verdicts: the strip below it, what was decided.
        height: pixels on the page.
        limit: gain at which the colour is full, share.
        per_column: sensors in one column.
        weeks: end of each week, top down.
        labels: cohorts that are wide enough for their name.
        borders: where a cohort begins, percent of the width.
        zero: where gains begin, percent of the width; ``None`` where the order is another one.
    """

    uri: str
    verdicts: str
    height: int
    limit: float
    per_column: int
    weeks: tuple[str, ...]
    labels: tuple[Label, ...]
    borders: tuple[float, ...]
    zero: float | None


def draw_gains(found: GainMap) -> GainPicture | None:
    """Paint the map; ``None`` when no sensor was judged."""
    sensors, weeks = found.shares.shape
    if not sensors or not weeks:
        return None
    per_column = -(-sensors // MOST_COLUMNS)
    limit = _limit(found.shares)
    middles = np.minimum(np.arange(0, sensors, per_column) + per_column // 2, sensors - 1)
    decided = np.array([DECISIONS.index(each) for each in found.decisions], dtype=np.int16)
    return GainPicture(
        uri=png_data_uri(
            gain_steps(_joined(found.shares, per_column).T, limit=limit), gain_palette()
        ),
        verdicts=png_data_uri(decided[None, middles], decision_palette()),
        height=weeks * ROW,
        limit=limit,
        per_column=per_column,
        weeks=tuple(f"{found.week_end(week):%d %b}" for week in range(weeks)),
        labels=_labels(found),
        borders=_borders(found),
        zero=None if found.spans else round(100 * found.losing / sensors, 2),
    )


def _limit(shares: FloatArray) -> float:
    """A round gain that all but a few weeks stay within."""
    known = np.abs(shares[np.isfinite(shares)])
    usual = float(np.quantile(known, 0.9)) if len(known) else 0.0
    return next((limit for limit in LIMITS if usual <= limit), LIMITS[-1])


def _joined(shares: FloatArray, per_column: int) -> FloatArray:
    """Means of neighbouring sensors; shape (columns, weeks)."""
    short = -len(shares) % per_column
    padded = np.pad(shares, ((0, short), (0, 0)), constant_values=np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a week that none of them has is unknown
        return np.asarray(
            np.nanmean(padded.reshape(-1, per_column, shares.shape[1]), axis=1), dtype=np.float64
        )


def _borders(found: GainMap) -> tuple[float, ...]:
    """Where cohorts meet; between tiny ones there would be nothing but borders."""
    percent = 100 / len(found.sensors)
    wide = [(span.last - span.first) * percent >= THINNEST for span in found.spans]
    return tuple(
        round(span.first * percent, 2)
        for span, before, here in zip(found.spans[1:], wide, wide[1:], strict=False)
        if before or here
    )


def _labels(found: GainMap) -> tuple[Label, ...]:
    spans = [
        (100 * s.first / len(found.sensors), 100 * s.last / len(found.sensors), s.name)
        for s in found.spans
    ]
    return tuple(
        Label(round(first, 2), round(last - first, 2), shown(name))
        for first, last, name in spans
        if last - first >= NARROWEST
    )
