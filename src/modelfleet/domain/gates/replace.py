"""May a candidate take the place of a champion? Only by weeks that neither learned from.

The improvement of a week is x = (loss of the champion - loss of the candidate) / loss of the
champion. A refit of the same recipe is expected to be as good: it is refused if it is worse.
Another recipe has to show that it is not worse.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.gates.evidence import ChampionEvidence
from modelfleet.domain.gates.rules import Rule, above, all_pass, at_least, at_most
from modelfleet.domain.parameters.evaluation import ReplacementParameters

__all__ = ["Improvement", "Replacement", "judge_replacement", "measure_improvement"]


@dataclass(frozen=True)
class Improvement:
    """Mean weekly improvement of each candidate over its champion; shapes (n,).

    Attributes:
        mean: mean of x; 0.1 means 10 % less error than the champion.
        error: its standard error.
        weeks: weeks that were compared.
        possible_weeks: weeks that could have been compared had there been hours.
        bad_weeks: compared weeks in which the candidate was much worse.
        low: one-sided lower confidence bound of the mean.
        high: one-sided upper confidence bound.
    """

    mean: FloatArray
    error: FloatArray
    weeks: IntArray
    possible_weeks: IntArray
    bad_weeks: IntArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class Replacement:
    """The answer to candidates that challenge a champion.

    Attributes:
        improvement: what was measured.
        rules: each with its code.
        passed: candidates that may take over, as far as the champion is concerned; shape (n,).
    """

    improvement: Improvement
    rules: tuple[Rule, ...]
    passed: BoolArray


def measure_improvement(
    champion: ChampionEvidence, *, min_hours: int, parameters: ReplacementParameters
) -> Improvement:
    """Compare candidates with champions over the latest weeks that neither learned from.

    Args:
        champion: of n sensors.
        min_hours: a week with fewer compared hours does not count.
        parameters: weeks that are looked at, confidence, and what a bad week is.
    """
    possible = champion.serves_model[:, None] & _latest(
        champion.out_of_sample, parameters.max_weeks
    )
    counts = possible & (champion.hours >= min_hours)
    counts &= np.isfinite(champion.loss) & np.isfinite(champion.candidate_loss)
    weeks = counts.sum(axis=1)
    change = np.where(counts, _relative(champion.loss, champion.candidate_loss), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = change.sum(axis=1) / weeks
        residual = np.where(counts, change - mean[:, None], 0.0)
        error = np.sqrt((residual**2).sum(axis=1) / (weeks - 1) / weeks)
        # Weeks that are all the same are copies of something, and no evidence.
        error = np.where(error > 1e-12 * np.maximum(np.abs(mean), 1.0), error, np.nan)
        reach = scipy.special.stdtrit(np.maximum(weeks - 1, 1), parameters.confidence) * error
    return Improvement(
        mean=mean,
        error=error,
        weeks=weeks,
        possible_weeks=possible.sum(axis=1),
        bad_weeks=(counts & (change < -parameters.bad_week)).sum(axis=1),
        low=mean - reach,
        high=mean + reach,
    )


def judge_replacement(
    champion: ChampionEvidence, *, min_hours: int, parameters: ReplacementParameters
) -> Replacement:
    """Judge all candidates whose sensor is served by a model.

    Args:
        champion: of n sensors.
        min_hours: a week with fewer compared hours does not count.
        parameters: tolerance and confidence.
    """
    found = measure_improvement(champion, min_hours=min_hours, parameters=parameters)
    same = champion.same_model
    new = at_most("same_model", same.astype(np.float64), 0.0, asked=champion.serves_model)
    soon = at_least(
        "too_soon",
        found.possible_weeks.astype(np.float64),
        float(parameters.min_weeks),
        asked=champion.serves_model & ~same,
    )
    enough = at_least(
        "not_comparable",
        found.weeks.astype(np.float64),
        float(parameters.min_weeks),
        asked=soon.passed,
    )
    refit = champion.same_recipe
    not_worse = _not_worse(found, refit, asked=enough.passed, parameters=parameters)
    mean, refit_bound, other_bound, bad_weeks = not_worse
    bound = np.where(refit, refit_bound.passed, other_bound.passed)
    passed = all_pass((new, soon, enough, mean, bad_weeks)) & bound
    return Replacement(found, (new, soon, enough, *not_worse), passed)


def _not_worse(
    found: Improvement, refit: BoolArray, *, asked: BoolArray, parameters: ReplacementParameters
) -> tuple[Rule, Rule, Rule, Rule]:
    lowest = -parameters.tolerance
    allowed = np.floor(parameters.max_bad_share * found.weeks)
    bad_weeks = found.bad_weeks.astype(np.float64)
    return (
        at_least("worse_than_champion", found.mean, np.where(refit, lowest, 0.0), asked=asked),
        at_least("surely_worse_than_champion", found.high, 0.0, asked=asked & refit),
        above("perhaps_worse_than_champion", found.low, lowest, asked=asked & ~refit),
        at_most("bad_weeks", bad_weeks, allowed, asked=asked),
    )


def _latest(weeks: BoolArray, number: int) -> BoolArray:
    """The last ``number`` of the marked weeks of each sensor; shape (n, w)."""
    from_the_end = np.cumsum(weeks[:, ::-1], axis=1)[:, ::-1]
    latest: BoolArray = weeks & (from_the_end <= number)
    return latest


def _relative(loss: FloatArray, candidate_loss: FloatArray) -> FloatArray:
    """x; where a champion made no error at all, a candidate that does is infinitely worse."""
    with np.errstate(divide="ignore", invalid="ignore"):
        change = (loss - candidate_loss) / loss
    return np.where((loss == 0) & (candidate_loss == 0), 0.0, change)
