"""Regret: what a fleet loses by what serves it, against the better choice for each sensor.

Of one sensor and one gate date, the loss of what serves over the weeks that follow is divided by
the smaller of the two losses that were to be had, the model's and the baseline's: 1.02 is 2 % more
error than hindsight. Sensors count the same, and so do gate dates.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Losses", "Regret", "mean_loss", "measure_regret", "normalised_ratio", "ratios"]


@dataclass(frozen=True)
class Losses:
    """Mean absolute error after each gate date; shapes (dates, sensors), NaN where not compared.

    Attributes:
        model: of the candidate.
        baseline: of the baseline, over the same hours.
    """

    model: np.ndarray
    baseline: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """The smaller one; NaN where one is unknown, or where both are 0."""
        best = np.minimum(self.model, self.baseline)
        return np.where(best > 0, best, np.nan)

    def served(self, on_model: np.ndarray) -> np.ndarray:
        """The loss of what serves: the model's where it does, else the baseline's."""
        return np.where(on_model, self.model, self.baseline)


@dataclass(frozen=True)
class Regret:
    """The regret of one way to serve a fleet.

    Attributes:
        by_date: mean over the sensors, of each date; shape (dates,).
        mean: over the dates.
        sensor_error: standard error of the mean, by drawing sensors, each with all its dates.
        date_error: standard error of the mean, by what the dates differ.
        normalised: ratio of sums of losses, each over its baseline's loss.
        on_model: share of the sensors that a model serves.
    """

    by_date: np.ndarray
    mean: float
    sensor_error: float
    date_error: float
    normalised: float
    on_model: float


def mean_loss(loss: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Mean absolute error over weeks from those of the weeks; NaN without an hour.

    Args:
        loss: mean of each week; shape (n, weeks).
        hours: compared hours of each week; shape (n, weeks).
    """
    counts = (hours > 0) & np.isfinite(loss)
    total = np.where(counts, loss * hours, 0.0).sum(axis=1)
    number = np.where(counts, hours, 0.0).sum(axis=1)
    return np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)


def ratios(losses: Losses, on_model: np.ndarray) -> np.ndarray:
    """Loss of what serves over the better of both; at least 1; shape (dates, sensors)."""
    return losses.served(on_model) / losses.best


def normalised_ratio(losses: Losses, on_model: np.ndarray) -> float:
    """Sum of what is served over the sum of the better ones, in units of the baseline's loss.

    A sensor whose model is far better than its baseline weighs less than in a mean of ratios.
    """
    known = np.isfinite(losses.best) & (losses.baseline > 0)
    scale = losses.baseline[known]
    served = losses.served(on_model)[known] / scale
    return float(served.sum() / (losses.best[known] / scale).sum())


def measure_regret(
    losses: Losses, on_model: np.ndarray, *, draws: int = 2_000, seed: int = 1
) -> Regret:
    """Measure one way to serve a fleet.

    Args:
        losses: after each date.
        on_model: sensors that a model serves; shape (dates, sensors).
        draws: fleets that are drawn for the error.
        seed: of the draws.
    """
    ratio = ratios(losses, on_model)
    known, dates = np.isfinite(ratio), len(ratio)
    by_date = np.nanmean(ratio, axis=1)
    return Regret(
        by_date=by_date,
        mean=float(by_date.mean()),
        sensor_error=float(_drawn_means(ratio, draws, seed).std(ddof=1)),
        date_error=float(by_date.std(ddof=1) / np.sqrt(dates)) if dates > 1 else float("nan"),
        normalised=normalised_ratio(losses, on_model),
        on_model=float(on_model[known].mean()),
    )


def _drawn_means(ratio: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The mean regret of fleets drawn from this one with replacement; empty ones are left out."""
    sensors = ratio.shape[1]
    times = np.random.default_rng(seed).multinomial(sensors, np.full(sensors, 1 / sensors), draws)
    known = np.isfinite(ratio)
    total, count = times @ np.where(known, ratio, 0.0).T, times @ known.T
    by_date = np.divide(total, count, out=np.zeros(total.shape), where=count > 0)
    compared = (count > 0).sum(axis=1)
    return (by_date.sum(axis=1) / np.maximum(compared, 1))[compared > 0]
