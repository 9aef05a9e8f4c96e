"""The gate: is a candidate good enough to serve in place of its baseline?

Each rule looks at the evidence of all sensors at once and returns arrays. What could not be
computed never passes. Sentences for people are made elsewhere, from code, figure and threshold.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy import special

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray
from modelfleet.domain.gain import Gain, Prior, fit_prior, measure_gain
from modelfleet.domain.parameters.evaluation import GateParameters

__all__ = ["Evidence", "GateResult", "Rule", "Status", "judge"]


class Status(IntEnum):
    """What a rule says of one sensor."""

    FAIL = 0
    PASS = 1
    NOT_EVALUABLE = 2


@dataclass(frozen=True)
class Evidence:
    """What the gate knows of ``n`` candidates over ``w`` weeks; NaN where unknown.

    Attributes:
        loss: candidate's mean absolute error per week; shape (n, w).
        baseline_loss: the baseline's on the same hours; shape (n, w).
        hours: hours that were compared per week; shape (n, w).
        valid_share: share of the hours with a reading for which the candidate had a finite
            forecast; shape (n,).
        mean_error: forecast minus actual over all compared hours; shape (n,).
        mae: mean absolute error over all compared hours; shape (n,).
    """

    loss: FloatArray
    baseline_loss: FloatArray
    hours: FloatArray
    valid_share: FloatArray
    mean_error: FloatArray
    mae: FloatArray


@dataclass(frozen=True)
class Rule:
    """One rule's answer for all sensors.

    Attributes:
        code: stands in the ledger as the reason where the rule does not pass.
        status: a :class:`Status` per sensor; shape (n,).
        figure: what was measured; shape (n,).
        threshold: what it was compared with; shape (n,).
    """

    code: str
    status: AnyArray
    figure: FloatArray
    threshold: FloatArray

    @property
    def passed(self) -> BoolArray:
        """Where the rule passes; shape (n,)."""
        passed: BoolArray = np.equal(self.status, Status.PASS)
        return passed


@dataclass(frozen=True)
class GateResult:
    """All rules, and the gain they rest on."""

    rules: tuple[Rule, ...]
    gain: Gain
    prior: Prior
    probability: FloatArray
    p_value: FloatArray

    @property
    def accepted(self) -> BoolArray:
        """Sensors for which every rule passes; shape (n,)."""
        accepted: BoolArray = np.logical_and.reduce([rule.passed for rule in self.rules])
        return accepted

    def reasons(self, sensor: int) -> list[str]:
        """Codes of the rules that the sensor at this position does not pass."""
        return [rule.code for rule in self.rules if not rule.passed[sensor]]


def judge(evidence: Evidence, *, strict: BoolArray, parameters: GateParameters) -> GateResult:
    """Judge all candidates of a fleet.

    Args:
        evidence: of n sensors.
        strict: sensors that must prove themselves, rather than be likely better; shape (n,).
        parameters: margins and levels.
    """
    gain = measure_gain(
        evidence.loss,
        evidence.baseline_loss,
        evidence.hours,
        min_weeks=parameters.min_weeks,
        min_hours=parameters.min_hours,
    )
    sanity = (
        _at_least("too_few_valid_hours", evidence.valid_share, parameters.min_valid_share),
        _unbiased(evidence, parameters.max_bias_share),
        _at_least("too_few_weeks", gain.weeks.astype(np.float64), float(parameters.min_weeks)),
    )
    # Candidates that are refused anyway do not speak for others.
    sane = np.logical_and.reduce([rule.passed for rule in sanity])
    prior = fit_prior(gain, among=sane, min_sensors=parameters.min_sensors_for_prior)
    probability = prior.probability_above(parameters.margin, gain)
    p_value = _p_value(gain, parameters.margin)
    cutoff = _benjamini_hochberg(
        np.where(strict & sane, p_value, np.nan), parameters.false_discovery_rate
    )
    better = _better_than_baseline(
        gain, probability, p_value, strict, cutoff=cutoff, parameters=parameters
    )
    return GateResult((*sanity, better), gain, prior, probability, p_value)


def _p_value(gain: Gain, margin: float) -> FloatArray:
    """One-sided p of a mean gain of at most ``margin``, with weeks - 1 degrees of freedom."""
    score = (gain.mean - margin) / gain.error
    # The tail of Student's t; scipy.stats has the same and takes a second to load.
    p_value = special.stdtr(np.maximum(gain.weeks - 1, 1), -score)
    return np.where(gain.evaluable, p_value, np.nan)


def _rule(code: str, passes: AnyArray, figure: FloatArray, threshold: AnyArray) -> Rule:
    threshold = np.broadcast_to(np.asarray(threshold, dtype=np.float64), figure.shape)
    known = np.isfinite(figure) & np.isfinite(threshold)
    status = np.where(known, np.where(passes, Status.PASS, Status.FAIL), Status.NOT_EVALUABLE)
    return Rule(code, status.astype(np.int8), figure, threshold)


def _at_least(code: str, figure: FloatArray, threshold: float) -> Rule:
    return _rule(code, figure >= threshold, figure, np.asarray(threshold))


def _unbiased(evidence: Evidence, max_share: float) -> Rule:
    """|mean error| at most a share of the mean absolute error; a limit in % of the level fails."""
    figure, limit = np.abs(evidence.mean_error), max_share * evidence.mae
    return _rule("biased", figure <= limit, figure, limit)


def _better_than_baseline(
    gain: Gain,
    probability: FloatArray,
    p_value: FloatArray,
    strict: BoolArray,
    *,
    cutoff: float,
    parameters: GateParameters,
) -> Rule:
    likely = probability >= parameters.min_probability
    return _rule(
        "not_better_than_baseline",
        np.where(strict, p_value <= cutoff, likely) & gain.evaluable,
        np.where(gain.evaluable, np.where(strict, p_value, probability), np.nan),
        np.where(strict, cutoff, parameters.min_probability),
    )


def _benjamini_hochberg(p_values: FloatArray, rate: float) -> float:
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
