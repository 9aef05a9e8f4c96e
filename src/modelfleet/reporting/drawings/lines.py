"""A sensor's last days as three lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.reporting.views import Example
from modelfleet.reporting.words import change, shown

__all__ = ["Lines", "draw_lines"]

WIDTH, HEIGHT, EDGE = 280, 84, 4
MOST_POINTS = 700
"""More would be finer than any screen, and heavy where steps are minutes."""


@dataclass(frozen=True)
class Lines:
    """The picture of one sensor: SVG paths, the range they span, and what stands above."""

    name: str
    verdict: str
    gain: str
    low: str
    high: str
    days: tuple[float, ...]
    actual: str
    forecast: str
    baseline: str
    width: int = WIDTH
    height: int = HEIGHT


def draw_lines(example: Example, *, steps_per_day: int) -> Lines:
    """Scale the three lines into one box."""
    series = (example.actual, example.forecast, example.baseline)
    known = np.concatenate([values[np.isfinite(values)] for values in series])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    paths = [_path(values, low, high) for values in series]
    steps = max(len(example.actual) - 1, 1)
    days = tuple(
        round(WIDTH * day / steps, 1) for day in range(steps_per_day, steps, steps_per_day)
    )
    return Lines(
        name=shown(example.sensor_id),
        verdict="accepted" if example.accepted else "kept" if example.kept else "rejected",
        gain=change(example.gain),
        low=f"{low:.4g}" if len(known) else "",
        high=f"{high:.4g}" if len(known) else "",
        days=days,
        actual=paths[0],
        forecast=paths[1],
        baseline=paths[2],
    )


def _path(values: FloatArray, low: float, high: float) -> str:
    stride = max(-(-len(values) // MOST_POINTS), 1)
    x = np.linspace(0.0, WIDTH, max(len(values), 1))[: len(values)][::stride]
    span = high - low
    share = (values[::stride] - low) / span if span > 0 else values[::stride] * 0 + 0.5
    y = HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE)
    return _segments(x.tolist(), y.tolist())


def _segments(x: Sequence[float], y: Sequence[float]) -> str:
    """A path that is interrupted where a value is missing."""
    parts: list[str] = []
    drawing = False
    for across, down in zip(x, y, strict=True):
        known = down == down  # noqa: PLR0124  NaN differs from itself
        if known:
            # A move alone draws nothing: the zero-length line makes a lone value a dot.
            parts.append(f"{'L' if drawing else 'M'}{across:.1f} {down:.1f}")
            parts += [] if drawing else ["h0"]
        drawing = known
    return "".join(parts)
