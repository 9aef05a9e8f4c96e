"""Stretches of the grid: half-open pairs of indices, as one sorted list without overlaps.

What is left out twice is left out once: however many events describe it, and however they overlap,
the same steps give the same periods.
"""

from collections.abc import Iterable

__all__ = ["Periods", "cut", "union"]

Periods = tuple[tuple[int, int], ...]
"""Half-open stretches of grid indices."""


def union(periods: Iterable[tuple[int, int]]) -> Periods:
    """The steps that lie in any of the periods, as the fewest periods there can be.

    >>> union([(7, 9), (1, 3), (3, 4), (8, 12), (5, 5)])
    ((1, 4), (7, 12))
    """
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(periods):
        if stop <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return tuple(joined)


def cut(periods: Iterable[tuple[int, int]], *, first: int, stop: int) -> Periods:
    """What of the periods lies between two steps.

    Args:
        periods: half-open stretches, in any order.
        first: the first step that counts.
        stop: the step after the last that counts.

    >>> cut([(1, 4), (7, 12), (20, 30)], first=2, stop=10)
    ((2, 4), (7, 10))
    """
    return union((max(start, first), min(end, stop)) for start, end in periods)
