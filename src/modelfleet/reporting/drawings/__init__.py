"""Geometry of the pictures on the page; the templates turn it into inline SVG."""

from modelfleet.reporting.drawings.gains import GainPicture, draw_gains
from modelfleet.reporting.drawings.histogram import Histogram, draw_histogram
from modelfleet.reporting.drawings.lines import Lines, draw_lines
from modelfleet.reporting.drawings.map import MapPicture, draw_map

__all__ = [
    "GainPicture",
    "Histogram",
    "Lines",
    "MapPicture",
    "draw_gains",
    "draw_histogram",
    "draw_lines",
    "draw_map",
]
