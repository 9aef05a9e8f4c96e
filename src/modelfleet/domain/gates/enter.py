"""May a candidate take the place of a baseline? By expected gain, or by proof."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.gain import Gain, Prior, fit_prior
from modelfleet.domain.gates.discovery import discovery_cutoff, p_value_of
from modelfleet.domain.gates.rules import Rule, above, make_rule
from modelfleet.domain.moderation import moderate
from modelfleet.domain.parameters.evaluation import GateParameters

__all__ = ["Demands", "Entry", "judge_entry"]


@dataclass(frozen=True)
class Demands:
    """What is asked of each of ``n`` sensors; shapes (n,).

    Attributes:
        strict: the model must prove itself, rather than be likely better.
        margin: gain that must be exceeded.
        min_probability: how likely it must be exceeded, where not strict.
    """

    strict: BoolArray
    margin: FloatArray
    min_probability: FloatArray

    @classmethod
    def uniform(
        cls, sensors: int, *, strict: bool, margin: float = 0.0, min_probability: float = 0.8
    ) -> "Demands":
        """The same of all sensors."""
        return cls(
            np.full(sensors, strict), np.full(sensors, margin), np.full(sensors, min_probability)
        )

    @property
    def floor(self) -> FloatArray:
        """Gain below which no model stays: never more than it takes to enter; shape (n,)."""
        return np.minimum(self.margin, 0.0)


@dataclass(frozen=True)
class Entry:
    """How candidates compare with their baselines.

    Attributes:
        prior: what the fleet lets us expect.
        probability: that the true gain exceeds the margin; shape (n,).
        p_value: of no gain beyond the margin; shape (n,).
        better: the rule on one of the two.
        gains: the rule on the mean gain itself.
    """

    prior: Prior
    probability: FloatArray
    p_value: FloatArray
    better: Rule
    gains: Rule


def judge_entry(
    gain: Gain,
    demands: Demands,
    *,
    sane: BoolArray,
    on_model: BoolArray,
    parameters: GateParameters,
) -> Entry:
    """Compare the candidates of a fleet with their baselines.

    Args:
        gain: over the baseline.
        demands: of each sensor.
        sane: candidates that are not refused anyway: only they speak for the fleet; shape (n,).
        on_model: sensors that a model serves already: they do not enter, but what takes over from
            a model must gain as well; shape (n,).
        parameters: levels.
    """
    prior = fit_prior(gain, among=sane, min_sensors=parameters.min_sensors_for_prior)
    probability = prior.probability_above(demands.margin, gain)
    moderation = moderate(gain, among=sane, min_sensors=parameters.min_sensors_for_prior)
    p_value = p_value_of(gain, moderation, demands.margin)
    tested = demands.strict & sane & ~on_model
    cutoff = discovery_cutoff(np.where(tested, p_value, np.nan), parameters.false_discovery_rate)
    strict, likely = demands.strict, probability >= demands.min_probability
    better = make_rule(
        "not_better_than_baseline",
        np.where(strict, p_value <= cutoff, likely) & gain.evaluable,
        np.where(gain.evaluable, np.where(strict, p_value, probability), np.nan),
        np.where(strict, cutoff, demands.min_probability),
        asked=~on_model,
    )
    # A good fleet can make it likely that a sensor gains which itself lost: it would be demoted by
    # the next run, and nobody would understand the sentence.
    gains = above(
        "no_gain",
        gain.mean,
        np.where(on_model, demands.floor, demands.margin),
        asked=on_model | better.passed,
    )
    return Entry(prior, probability, p_value, better, gains)
