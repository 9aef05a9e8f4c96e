"""How noisy a sensor's mean gain is, when a dozen weeks tell and thousands of sensors know.

The variance of a few weeks is a poor estimate. True variances of a fleet follow a distribution of
their own, which the fleet shows; each sensor's estimate is drawn towards it, and the test gains the
degrees of freedom that this is worth.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.gain import Gain

__all__ = ["Moderation", "moderate"]

NEWTON_STEPS = 20
"""Each doubles the digits that are right; half of them would do."""


@dataclass(frozen=True)
class Moderation:
    """Moderated variances of the mean gains.

    Attributes:
        error: standard error of each sensor's mean gain; shape (n,).
        freedom: degrees of freedom of its t statistic, infinite where all sensors are alike; (n,).
        prior_freedom: weeks' worth of what the fleet knows; 0 where it is too small to know.
    """

    error: FloatArray
    freedom: FloatArray
    prior_freedom: float


def moderate(gain: Gain, *, among: BoolArray, min_sensors: int) -> Moderation:
    """Draw the variances towards the fleet's: (d0 s0² + d s²) / (d0 + d), with d0 + d degrees.

    Source: Smyth, 2004, doi:10.2202/1544-6115.1027, sections 4 and 6; d0 and s0² by moments.

    Args:
        gain: of n sensors.
        among: sensors that may speak for the fleet; shape (n,).
        min_sensors: with fewer of them each sensor stands by itself.
    """
    own = np.maximum(gain.weeks - 1, 1).astype(np.float64)
    known = gain.evaluable & among
    if known.sum() < min_sensors:
        return Moderation(gain.error, own, 0.0)
    half = own[known] / 2
    logs = 2 * np.log(gain.error[known]) - scipy.special.digamma(half) + np.log(half)
    extra = float(logs.var(ddof=1) - scipy.special.polygamma(1, half).mean())
    if extra <= 0:  # no more scatter than equal sensors would show
        common = float(np.exp(logs.mean()))
        shared = np.where(gain.evaluable, np.sqrt(common), np.nan)
        return Moderation(shared, np.full(len(own), np.inf), float("inf"))
    prior = 2 * _inverse_trigamma(extra)
    common = float(np.exp(logs.mean() + scipy.special.digamma(prior / 2) - np.log(prior / 2)))
    variance = (prior * common + own * gain.error**2) / (prior + own)
    return Moderation(np.sqrt(variance), prior + own, prior)


def _inverse_trigamma(value: float) -> float:
    """X with trigamma(x) = value, by Newton's method on 1/trigamma, which is nearly linear."""
    x = 0.5 + 1 / value
    for _ in range(NEWTON_STEPS):
        now = float(scipy.special.polygamma(1, x))
        x += now * (1 - now / value) / float(scipy.special.polygamma(2, x))
    return x
