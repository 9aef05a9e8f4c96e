"""Sensors made up for tests: local calendars with clock changes, series with holes and events."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.grid import Calendar, Grid
from modelfleet.domain.series import Series

HOURLY = Grid(60)
WEEK = HOURLY.per_week
MONDAY = 72
"""Hours from the Monday of its week to 1970-01-01 00:00, a Thursday."""


def make_calendar(
    length: int, *, spring: int | None = None, autumn: int | None = None, first: int = 0
) -> Calendar:
    """Clocks one hour ahead of UTC, two from position ``spring`` on, one again from ``autumn``."""
    shift = np.ones(length, dtype=np.int64)
    if autumn is not None:
        shift[:autumn] = 2
    if spring is not None:
        shift[:spring] = 1
    if spring is not None and autumn is None:
        shift[spring:] = 2
    slot = (first + np.arange(length) + shift + MONDAY) % WEEK
    return Calendar(HOURLY, first, slot, shift)


def make_series(calendar: Calendar, *, seed: int = 0, level: float = 100.0) -> Series:
    """A weekly pattern with noise around a level, without holes."""
    generator = np.random.default_rng(seed)
    pattern = generator.normal(scale=10, size=WEEK)
    noise = generator.normal(scale=3, size=len(calendar))
    values = level + pattern[calendar.slot] + noise
    return Series(calendar.first, values, np.zeros(len(values), dtype=np.bool_))


@st.composite
def sensors(draw: st.DrawFn, *, weeks: int) -> tuple[Calendar, Series]:
    """A sensor with holes and excluded periods, in a place whose clocks may change."""
    length = weeks * WEEK
    position = st.integers(1, length - 1)
    spring, autumn = sorted(draw(st.lists(position, min_size=2, max_size=2, unique=True)))
    calendar = make_calendar(
        length,
        spring=draw(st.sampled_from([None, spring])),
        autumn=draw(st.sampled_from([None, autumn])),
        first=draw(st.integers(0, 10**6)),
    )
    level = draw(st.sampled_from([0.0, 100.0, 1e4]))
    series = make_series(calendar, seed=draw(st.integers(0, 2**16)), level=level)
    values, excluded = series.values.copy(), series.excluded.copy()
    stretch = st.tuples(position, st.sampled_from([1, 2, 5, 30, 200]))
    for start, size in draw(st.lists(stretch, max_size=6)):
        values[start : start + size] = np.nan
    for start, size in draw(st.lists(stretch, max_size=3)):
        excluded[start : start + size] = True
    return calendar, replace(series, values=values, excluded=excluded)


@st.composite
def changes(draw: st.DrawFn, length: int) -> FloatArray:
    """What readings may turn into: other values, enormous ones, or none at all."""
    seed = draw(st.integers(0, 2**16))
    noise = np.random.default_rng(seed).normal(size=length)
    scale = draw(st.sampled_from([1.0, 1e3, 1e9]))
    share = draw(st.sampled_from([0.0, 0.3, 1.0]))
    lost = np.random.default_rng(seed + 1).random(length) < share
    return np.where(lost, np.nan, noise * scale)


def same_bits(left: FloatArray, right: FloatArray) -> bool:
    """Whether two arrays hold the same numbers to the last bit; NaN equals NaN."""
    return left.shape == right.shape and np.array_equal(left, right, equal_nan=True)
