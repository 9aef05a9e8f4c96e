"""May a champion stay? While it is sane and errs less than the baseline."""

from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.gain import Gain, measure_gain
from modelfleet.domain.gates.evidence import ChampionEvidence
from modelfleet.domain.gates.rules import Rule, above, all_pass
from modelfleet.domain.gates.sanity import sane_forecasts
from modelfleet.domain.parameters.evaluation import GateParameters

__all__ = ["Keeping", "judge_keeping"]


@dataclass(frozen=True)
class Keeping:
    """The answer to champions.

    Attributes:
        gain: of the champion over the baseline.
        rules: each with its code.
        passed: champions that may stay; shape (n,).
    """

    gain: Gain
    rules: tuple[Rule, ...]
    passed: BoolArray


def judge_keeping(
    champion: ChampionEvidence, *, floor: FloatArray, young: BoolArray, parameters: GateParameters
) -> Keeping:
    """Judge all champions.

    A champion that has served for a while must show that it gains; what cannot be computed does
    not pass. A young one cannot show anything yet: only what is known to be wrong ends it.

    Args:
        champion: evidence, completed by what its recipe did before it served.
        floor: gain that must be exceeded; shape (n,).
        young: champions with too few weeks since their training; shape (n,).
        parameters: limits.
    """
    gain = measure_gain(
        champion.loss,
        champion.baseline_loss,
        champion.hours,
        min_weeks=parameters.replace.min_weeks,
        min_hours=parameters.min_hours,
    )
    asked = champion.serves_model
    rules = (
        *sane_forecasts(champion, parameters, prefix="champion_", asked=asked),
        above("champion_no_gain", gain.mean, floor, asked=asked),
    )
    failed = np.logical_or.reduce([rule.failed for rule in rules])
    return Keeping(gain, rules, asked & ~failed & (young | all_pass(rules)))
