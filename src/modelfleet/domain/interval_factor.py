"""The factor on all half widths of a sensor, so that windows of some weeks are covered as promised.

Two questions are asked before each week, and only weeks before it answer them.

*What shall it cover?* A window of w weeks shall cover 1 - α, give or take a tolerance. The w - 1
weeks behind have missed m of it, added up. What m exceeds the tolerance of the whole window by is
asked of the week to come: target ← clip(1 - α + m - clip(m, -w tolerance, w tolerance)). Nothing
more is asked, since following every surprise makes the width restless.

*Which factor would have covered that much?* In each week before, an order statistic of the factors
that its residuals needed, as in split conformal prediction. Their mean on the log scale is taken,
in which each week weighs less than the one after it.

The first is control with a dead band; the second takes quantiles of scores as they were, instead
of steps on α or on the width (Gibbs and Candès, 2021, arXiv:2106.00170; Angelopoulos, Candès and
Tibshirani, 2023, arXiv:2307.16895).
"""

import numpy as np

from modelfleet.domain.arrays import FloatArray, IntArray
from modelfleet.domain.parameters.intervals import IntervalParameters

__all__ = ["follow_coverage", "next_target"]


def follow_coverage(
    needed: FloatArray, steps: IntArray, parameters: IntervalParameters
) -> tuple[FloatArray, IntArray]:
    """Replay the weeks of n sensors, each by itself.

    Args:
        needed: the least factor that covers each residual, NaN where unknown, oldest week first;
            shape (n, weeks, per_week).
        steps: how many of each week are known; shape (n, weeks).
        parameters: what to cover, and how fast to forget.

    Returns:
        the factor of each week and of the week to come, shape (n, weeks + 1), and how many steps
        of each week it covered, shape (n, weeks).
    """
    sensors, weeks, per_week = needed.shape
    ordered = np.sort(needed, axis=2)  # what is unknown comes last
    factor = np.ones((sensors, weeks + 1))
    covered = np.zeros((sensors, weeks), dtype=np.int64)
    missed, share = np.zeros((sensors, weeks)), steps / per_week
    for week in range(weeks):
        covered[:, week] = (needed[:, week] <= factor[:, week, None]).sum(axis=1)
        missed[:, week] = parameters.coverage * share[:, week] - covered[:, week] / per_week
        known = slice(week + 1)
        target = next_target(missed[:, known], parameters)
        logs = _logs_that_cover(ordered[:, known], steps[:, known], target, parameters)
        factor[:, week + 1] = np.exp(_remembered(logs, share[:, known], parameters.remember))
    return factor, covered


def next_target(missed: FloatArray, parameters: IntervalParameters) -> FloatArray:
    """Share of the week to come that shall be covered; shape (n,).

    Args:
        missed: coverage that each week before it missed, as a share of a full week, negative where
            it covered too much; shape (n, weeks).
        parameters: coverage, window, tolerance and bounds of the target.
    """
    owed = missed[:, 1 - parameters.window :].sum(axis=1)
    band = parameters.window * parameters.tolerance
    target = parameters.coverage + owed - np.minimum(np.maximum(owed, -band), band)
    return np.asarray(np.clip(target, parameters.lowest_target, parameters.highest_target))


def _logs_that_cover(
    ordered: FloatArray, steps: IntArray, target: FloatArray, parameters: IntervalParameters
) -> FloatArray:
    """Logarithm of the factor that would have covered the target in each week, within its bounds.

    For n residuals that of the ⌈(n + 1) target⌉-th smallest, or the largest where there are too
    few; 0 in a week without residuals. Shape (n, weeks).
    """
    rank = np.ceil(np.round((steps + 1) * target[:, None], 9)).astype(np.int64)
    place = np.minimum(rank, np.maximum(steps, 1)) - 1
    least = np.take_along_axis(ordered, place[:, :, None], axis=2)[:, :, 0]
    bounds = np.exp([parameters.min_log_factor, parameters.max_log_factor])
    return np.asarray(np.log(np.where(steps > 0, np.clip(least, *bounds), 1.0)))


def _remembered(logs: FloatArray, share: FloatArray, remember: float) -> FloatArray:
    """Mean over the weeks by their shares, each week worth less than the next; shape (n,)."""
    weight = share * remember ** np.arange(share.shape[1])[::-1]
    total = weight.sum(axis=1)
    mean: FloatArray = (weight * logs).sum(axis=1) / np.where(total > 0, total, 1.0)
    return mean
