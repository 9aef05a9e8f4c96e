"""Bars of the skill distribution."""

from dataclasses import dataclass

import numpy as np

from modelfleet.reporting.views import Distribution
from modelfleet.reporting.words import change, counted

__all__ = ["Bar", "Histogram", "Tick", "draw_histogram"]

WIDTH, HEIGHT, TOP, FOOT = 520, 240, 24, 44
LEFT, RIGHT = 34, 26
MOST_TICKS = 6


@dataclass(frozen=True)
class Bar:
    """A rectangle in the picture's units, what it counts and in words."""

    x: float
    y: float
    width: float
    height: float
    group: str
    label: str


@dataclass(frozen=True)
class Tick:
    """A place on an axis and what is written there."""

    at: float
    label: str


@dataclass(frozen=True)
class Histogram:
    """The picture: bars, the ticks of both axes, the zero line and the median."""

    width: int
    height: int
    left: int
    right: int
    floor: float
    bars: tuple[Bar, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    zero: float
    median: Tick | None


def draw_histogram(found: Distribution) -> Histogram:
    """Place the bars; accepted sensors below, kept champions and rejected ones on top of them."""
    low, high = float(found.edges[0]), float(found.edges[-1])
    most = max(int((found.accepted + found.kept + found.rejected).max()), 1)
    floor, scale = HEIGHT - FOOT, (HEIGHT - FOOT - TOP) / most

    def across(value: float) -> float:
        # A margin on the left for the counts.
        share = (min(max(value, low), high) - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    bars: list[Bar] = []
    stacks = zip(found.accepted, found.kept, found.rejected, strict=True)
    for left, right, stack in zip(found.edges[:-1], found.edges[1:], stacks, strict=True):
        x, width = across(left), across(right) - across(left)
        where = f"{change(left)} to {change(right)}"
        below = 0
        for count, group in zip(stack, ("accepted", "kept", "rejected"), strict=True):
            if count:
                y, height = floor - (below + count) * scale, count * scale
                label = f"{where}: {counted(int(count), 'sensor')} {group}"
                bars.append(Bar(x + 0.5, y, max(width - 1, 1), height, group, label))
            below += count
    median = None
    if found.median is not None:
        median = Tick(across(found.median), f"median {change(found.median)}")
    return Histogram(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        floor=floor,
        bars=tuple(bars),
        across=tuple(Tick(across(v), change(v)) for v in _ticks(low, high)),
        up=tuple(Tick(floor - n * scale, f"{n:,}") for n in _counts(most)),
        zero=across(0.0),
        median=median,
    )


def _ticks(low: float, high: float) -> list[float]:
    """Round shares between two others, at most a handful; zero is one of them."""
    steps = (0.05, 0.1, 0.2, 0.25, 0.5)
    step = next((s for s in steps if (high - low) / s <= MOST_TICKS), 1.0)
    ticks = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step
    return [float(tick) for tick in ticks]


def _counts(most: int) -> list[int]:
    """Round counts up to the tallest bar."""
    size = 10 ** int(np.log10(most))
    steps = [max(size * factor // 10, 1) for factor in (1, 2, 5, 10, 20, 50)]
    step = next(step for step in steps if most / step <= 4)
    return list(range(step, most + 1, step))
