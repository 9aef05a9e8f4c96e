"""Is a model sane at all? A forecast for enough hours, and an error that is not mostly bias."""

import numpy as np

from modelfleet.domain.arrays import BoolArray
from modelfleet.domain.gain import Gain
from modelfleet.domain.gates.evidence import ChampionEvidence, Evidence
from modelfleet.domain.gates.rules import Rule, at_least, at_most
from modelfleet.domain.parameters.evaluation import GateParameters

__all__ = ["judge_sanity", "sane_forecasts"]


def sane_forecasts(
    evidence: Evidence | ChampionEvidence,
    parameters: GateParameters,
    *,
    prefix: str = "",
    asked: BoolArray | None = None,
) -> tuple[Rule, Rule]:
    """Enough valid hours, and |mean error| at most a share of the mean absolute error.

    A limit on bias in percent of the level would fail most sensors whose level is near zero.

    Args:
        evidence: of candidates or champions.
        parameters: limits.
        prefix: of the codes.
        asked: sensors that are asked, shape (n,); ``None`` for all.
    """
    bias, allowed = np.abs(evidence.mean_error), parameters.max_bias_share * evidence.mae
    return (
        at_least(
            f"{prefix}too_few_valid_hours",
            evidence.valid_share,
            parameters.min_valid_share,
            asked=asked,
        ),
        at_most(f"{prefix}biased", bias, allowed, asked=asked),
    )


def judge_sanity(evidence: Evidence, gain: Gain, parameters: GateParameters) -> tuple[Rule, ...]:
    """What every candidate has to pass, whatever serves its sensor now."""
    weeks = gain.weeks.astype(np.float64)
    return (
        *sane_forecasts(evidence, parameters),
        at_least("too_few_weeks", weeks, float(parameters.min_weeks)),
    )
