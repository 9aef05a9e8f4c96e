"""By how much a candidate errs less than its baseline, and how sure that is.

The gain of a week is d = (loss of the baseline - loss of the candidate) / mean loss of the
baseline. Weeks of one sensor resemble each other, so the variance of their mean is enlarged by a
factor that is estimated over the whole fleet; the variances themselves are few-sample estimates and
are drawn towards their fleet mean; and the fleet tells what gain is to be expected (empirical
Bayes).
"""

from dataclasses import dataclass

import numpy as np
import scipy

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Gain", "Prior", "fit_prior", "measure_gain"]

PRIOR_WEIGHT = 4.0
"""Weight of the fleet's mean log variance against W - 1 of the sensor's own, 11 at 12 weeks."""

MAX_CORRELATION = 0.5

MAX_BIAS = 0.5
"""Part of a correlation that the bias of a short series may be taken to hide: that of 8 weeks."""


@dataclass(frozen=True)
class Gain:
    """Mean weekly gain of each sensor; shapes (n,).

    Attributes:
        mean: mean of d; 0.1 means 10 % less error than the baseline.
        error: its standard error, enlarged for the correlation from week to week.
        weeks: weeks that count.
        better_weeks: weeks with d > 0.
        evaluable: enough weeks, and not all the same.
        correlation: from week to week, pooled over the fleet.
    """

    mean: FloatArray
    error: FloatArray
    weeks: IntArray
    better_weeks: IntArray
    evaluable: BoolArray
    correlation: float


@dataclass(frozen=True)
class Prior:
    """What gain the fleet lets us expect of a sensor: normal, or flat where the fleet is small.

    Attributes:
        mean: of the normal; 0 where flat.
        variance: of the normal; infinite where flat.
        uncertainty: squared standard error of the mean itself.
    """

    mean: float
    variance: float
    uncertainty: float = 0.0

    def probability_above(self, margin: float | FloatArray, gain: Gain) -> FloatArray:
        """How likely the true gain of each sensor exceeds ``margin``; NaN if not evaluable.

        Args:
            margin: one for all, or shape (n,).
            gain: of n sensors.
        """
        noise = shrink_variance(gain)
        if np.isinf(self.variance):
            centre, spread = gain.mean, noise
        else:
            keep = self.variance / (self.variance + noise)
            centre = self.mean + keep * (gain.mean - self.mean)
            # A fleet that is all alike would otherwise be sure of the sign of its mean.
            spread = keep * noise + (1 - keep) ** 2 * self.uncertainty
        with np.errstate(divide="ignore", invalid="ignore"):
            score = (centre - margin) / np.sqrt(spread)
        return np.where(gain.evaluable, scipy.special.ndtr(score), np.nan)


def measure_gain(
    loss: FloatArray,
    baseline_loss: FloatArray,
    hours: FloatArray,
    *,
    min_weeks: int,
    min_hours: int,
) -> Gain:
    """Weekly gains of each sensor over its baseline.

    Args:
        loss: the candidate's mean absolute error per week; shape (n, w).
        baseline_loss: the baseline's; shape (n, w).
        hours: compared hours per week; shape (n, w).
        min_weeks: a sensor with fewer weeks is not evaluable.
        min_hours: a week with fewer hours does not count.
    """
    counts = (hours >= min_hours) & np.isfinite(loss) & np.isfinite(baseline_loss)
    weeks = counts.sum(axis=1)
    level = _mean(baseline_loss, counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = (baseline_loss - loss) / level[:, None]
        counts = counts & np.isfinite(gains)
        mean = _mean(gains, counts)
        residual = np.where(counts, gains - mean[:, None], 0.0)
        squares = (residual**2).sum(axis=1)
        variance = squares / np.maximum(weeks - 1, 1) / np.maximum(weeks, 1)
    varied = squares > (1e-12 * np.maximum(np.abs(mean), 1.0)) ** 2
    evaluable = (weeks >= min_weeks) & (weeks > 3) & np.isfinite(mean) & varied
    correlation = _pooled_correlation(residual, squares, weeks, evaluable)
    factor = np.array([_inflation(w, correlation) for w in range(loss.shape[1] + 1)])
    return Gain(
        mean=np.where(evaluable, mean, np.nan),
        error=np.where(evaluable, np.sqrt(variance * factor[weeks]), np.nan),
        weeks=weeks,
        better_weeks=((gains > 0) & counts).sum(axis=1),
        evaluable=evaluable,
        correlation=correlation,
    )


def fit_prior(gain: Gain, *, min_sensors: int, among: BoolArray | None = None) -> Prior:
    """Fit the fleet's prior N(mean, variance) by marginal likelihood of the sensors' mean gains.

    Args:
        gain: of the fleet.
        min_sensors: fewer evaluable sensors give a flat prior.
        among: sensors that may speak for the fleet, shape (n,); ``None`` takes all.

    Source: Efron, Large-Scale Inference, 2010, chapter 1.
    """
    from scipy import optimize  # takes its time to load, and only the gate needs it

    known = gain.evaluable if among is None else gain.evaluable & among
    if known.sum() < min_sensors:
        return Prior(0.0, float("inf"))
    means, noise = gain.mean[known], shrink_variance(gain)[known]

    def centre(variance: float) -> float:
        weight = 1 / (variance + noise)
        return float((weight * means).sum() / weight.sum())

    def deviance(spread: float) -> float:
        total = spread**2 + noise
        return float((np.log(total) + (means - centre(spread**2)) ** 2 / total).sum())

    widest = 3 * float(means.std()) + 1e-9
    best = optimize.minimize_scalar(deviance, bounds=(0.0, widest), method="bounded").x
    variance = float(best) ** 2 if deviance(float(best)) < deviance(0.0) else 0.0
    return Prior(centre(variance), variance, float(1 / (1 / (variance + noise)).sum()))


def shrink_variance(gain: Gain) -> FloatArray:
    """Squared standard errors, drawn towards their fleet mean on the log scale; shape (n,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.log(gain.error**2)
    if not gain.evaluable.any():
        return own
    weight = np.maximum(gain.weeks - 1, 0)
    fleet = own[gain.evaluable].mean()
    shrunk: FloatArray = np.exp((weight * own + PRIOR_WEIGHT * fleet) / (weight + PRIOR_WEIGHT))
    return shrunk


def _mean(values: FloatArray, counts: BoolArray) -> FloatArray:
    total = np.where(counts, values, 0.0).sum(axis=1)
    number = counts.sum(axis=1)
    mean = np.full(len(total), np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return mean


def _pooled_correlation(
    residual: FloatArray, squares: FloatArray, weeks: IntArray, evaluable: BoolArray
) -> float:
    """Correlation of one week with the next, corrected for the bias of short series.

    About its own mean, an AR(1) series of W values shows r - (1 + 4 r) / W instead of r
    (Marriott and Pope, 1954, doi:10.1093/biomet/41.3-4.390).
    """
    if not evaluable.any():
        return 0.0
    products = (residual[:, :-1] * residual[:, 1:]).sum(axis=1)[evaluable]
    count = weeks[evaluable]
    # Below eight weeks the correction is no longer one of first order, and is held back.
    shown = 1 - np.minimum(4 / count, MAX_BIAS)
    corrected = (products / squares[evaluable] + 1 / count) / shown
    return float(np.clip(corrected.mean(), 0.0, MAX_CORRELATION))


def _inflation(weeks: int, correlation: float) -> float:
    """Variance of a mean of correlated weeks over the estimate that takes them as independent.

    For an AR(1) process with correlation r: V = 1 + 2 Σ (1 - k/W) r^k, e = (W - V)/(W - 1), and the
    factor is V/e.
    """
    if weeks < 2:
        return 1.0
    lag = np.arange(1, weeks)
    total = 1 + 2 * float(((1 - lag / weeks) * correlation**lag).sum())
    return total * (weeks - 1) / (weeks - total)
