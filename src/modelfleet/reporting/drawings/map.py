"""The coverage map as a picture with labels beside it."""

from dataclasses import dataclass

import numpy as np

from modelfleet.reporting.palette import coverage_palette, coverage_steps
from modelfleet.reporting.pixels import png_data_uri
from modelfleet.reporting.views import Band, CoverageMap
from modelfleet.reporting.views.coverage import spread_labels
from modelfleet.reporting.words import in_words, naming

__all__ = ["MapPicture", "Mark", "draw_map"]

ROW, LEAST, MOST = 6.0, 72.0, 640.0
LABEL = 18.0
NAMED = 3


@dataclass(frozen=True)
class Mark:
    """A band that is not admitted: its bar and its label, in the picture's units."""

    top: float
    height: float
    middle: float
    label_at: float
    label: str
    retired: bool


@dataclass(frozen=True)
class MapPicture:
    """The map: picture, height in pixels, marks, dates along the foot."""

    uri: str
    height: float
    crisp: bool
    marks: tuple[Mark, ...]
    dates: tuple[str, ...]


def draw_map(found: CoverageMap) -> MapPicture | None:
    """Paint the map; ``None`` when there is no sensor."""
    sensors = len(found.sensors)
    if not sensors:
        return None
    height = float(np.clip(sensors * ROW, LEAST, MOST))
    row = height / sensors
    middles = [(band.first + band.last + 1) / 2 * row for band in found.bands]
    places = spread_labels([max(middle, LABEL / 2) for middle in middles], apart=LABEL)
    marks = tuple(
        Mark(
            top=round(band.first * row, 1),
            height=round(max((band.last - band.first + 1) * row - 1, 1), 1),
            middle=round(middle, 1),
            label_at=round(place, 1),
            label=_label(band),
            retired=band.retired,
        )
        for band, middle, place in zip(found.bands, middles, places, strict=True)
    )
    weeks = found.shares.shape[1]
    columns = np.unique(np.linspace(0, weeks - 1, min(weeks, 5)).astype(int))
    return MapPicture(
        uri=png_data_uri(coverage_steps(found.shares), coverage_palette()),
        height=height,
        # Cells larger than a pixel keep their edges; smaller ones are better blended.
        crisp=row >= 1,
        marks=marks,
        dates=tuple(f"{found.week_end(int(column)):%d %b %Y}" for column in columns),
    )


def _label(band: Band) -> str:
    """The reason and how many; a few are named, many are not."""
    text = f"{in_words(band.reason)} ({len(band.sensors):,})"
    return f"{text}: {naming(band.sensors)}" if len(band.sensors) <= NAMED else text
