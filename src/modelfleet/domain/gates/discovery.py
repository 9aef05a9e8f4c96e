"""Many tests at once: p-values of the gain, and the share of false discoveries."""

import numpy as np
import scipy

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.gain import Gain
from modelfleet.domain.moderation import Moderation

__all__ = ["discovery_cutoff", "p_value_of"]


def p_value_of(gain: Gain, moderation: Moderation, margin: FloatArray) -> FloatArray:
    """One-sided p of a mean gain of at most ``margin``, by a moderated t test.

    Args:
        gain: of n sensors.
        moderation: standard errors and degrees of freedom.
        margin: shape (n,).
    """
    score = (gain.mean - margin) / moderation.error
    # The tail of Student's t; scipy.stats has the same and takes a second to load.
    p_value = scipy.special.stdtr(moderation.freedom, -score)
    return np.where(gain.evaluable, p_value, np.nan)


def discovery_cutoff(p_values: FloatArray, rate: float) -> float:
    """The largest p-value that is a discovery at a false discovery rate; 0 where none is.

    Source: Benjamini and Hochberg, 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.

    Args:
        p_values: of the tests, NaN where nothing was tested.
        rate: share of the discoveries that may be false.
    """
    ranked = np.sort(p_values[np.isfinite(p_values)])
    steps = rate * np.arange(1, len(ranked) + 1) / max(len(ranked), 1)
    below = np.flatnonzero(ranked <= steps)
    return float(ranked[below[-1]]) if len(below) else 0.0
