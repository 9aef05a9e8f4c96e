"""Whether a cheap recipe is good enough, so that a dear one need not be tried."""

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.gain import Prior, measure_gain

__all__ = ["is_good_enough"]

MIN_WEEKS = 8
MIN_HOURS = 50


def is_good_enough(
    loss: FloatArray, baseline_loss: FloatArray, hours: FloatArray, *, min_probability: float
) -> bool:
    """Whether a sensor's own weeks make it likely that a recipe beats the baseline.

    The gate asks the same of the whole fleet, which tells it what gain to expect; here a sensor
    stands by itself, so that its result depends on no other. What cannot be judged is not enough.

    Args:
        loss: mean absolute error per week; shape (weeks,).
        baseline_loss: the baseline's on the same hours; shape (weeks,).
        hours: compared hours per week; shape (weeks,).
        min_probability: how likely the gain must be positive.
    """
    gain = measure_gain(
        loss[None],
        baseline_loss[None],
        hours[None],
        min_weeks=min(MIN_WEEKS, len(loss)),
        min_hours=MIN_HOURS,
    )
    (probability,) = Prior(0.0, float("inf")).probability_above(0.0, gain)
    return bool(np.isfinite(probability) and probability >= min_probability)
