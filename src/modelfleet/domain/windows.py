"""Which steps a model may learn from, and on which it is judged.

Rolling origin: at each origin the model is fitted on what lies before, then forecasts one week,
day ahead. No step is ever used for both.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray

__all__ = ["Backtest", "Window", "exclusion_mask", "plan_backtest"]


@dataclass(frozen=True)
class Window:
    """Half-open stretch of positions, ``start`` to ``stop - 1``."""

    start: int
    stop: int

    @property
    def steps(self) -> slice:
        """The stretch as a slice."""
        return slice(self.start, self.stop)


@dataclass(frozen=True)
class Backtest:
    """Training windows with the week that each is judged on, and the window of the final fit."""

    training: tuple[Window, ...]
    scoring: tuple[Window, ...]
    final: Window


@functools.lru_cache(maxsize=16)
def plan_backtest(
    length: int, *, weeks: int, per_week: int, sliding_weeks: int | None = None
) -> Backtest:
    """Lay ``weeks`` weekly origins before the end of a series of ``length`` steps.

    Args:
        length: steps of the series; its last step is the fleet's last.
        weeks: number of origins; the last judged week ends with the series.
        per_week: steps in a week.
        sliding_weeks: learn from at most so many weeks before an origin; ``None`` takes all.

    A fit learns up to the step before its origin, which is known when the first forecast of the
    week is issued. Origins that lie before the series begins get empty training windows.
    Most sensors are of one length and share a plan.
    """

    def learn_until(stop: int) -> Window:
        start = 0 if sliding_weeks is None else max(0, stop - sliding_weeks * per_week)
        return Window(min(start, stop), stop)

    origins = [length - (weeks - k) * per_week for k in range(weeks)]
    return Backtest(
        training=tuple(learn_until(max(origin, 0)) for origin in origins),
        scoring=tuple(Window(max(o, 0), max(o + per_week, 0)) for o in origins),
        final=learn_until(length),
    )


def exclusion_mask(length: int, *, first: int, periods: Sequence[tuple[int, int]]) -> BoolArray:
    """Mark the steps that lie in an excluded period.

    Args:
        length: steps of the series.
        first: grid index of its first step.
        periods: half-open stretches of grid indices.

    Returns:
        shape (length,), true where excluded.
    """
    mask = np.zeros(length, dtype=np.bool_)
    for start, stop in periods:
        mask[max(start - first, 0) : max(stop - first, 0)] = True
    return mask
