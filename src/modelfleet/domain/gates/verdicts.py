"""What serves each sensor: the candidate, the champion or the baseline."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray
from modelfleet.domain.gain import Gain, Prior, measure_gain
from modelfleet.domain.gates.enter import Demands, Entry, judge_entry
from modelfleet.domain.gates.evidence import ChampionEvidence, Evidence
from modelfleet.domain.gates.keep import Keeping, judge_keeping
from modelfleet.domain.gates.replace import Improvement, Replacement, judge_replacement
from modelfleet.domain.gates.rules import Rule, all_pass
from modelfleet.domain.gates.sanity import judge_sanity
from modelfleet.domain.parameters.evaluation import GateParameters

__all__ = ["Decision", "GateResult", "judge"]


class Decision(IntEnum):
    """What the gate decides for one sensor."""

    BASELINE = 0
    KEEP = 1
    """The champion stays."""
    ACCEPT = 2
    """The candidate enters over the baseline, or takes the place of the champion."""


@dataclass(frozen=True)
class GateResult:
    """Decisions, all rules behind them, and what they rest on.

    Attributes:
        decision: a :class:`Decision` per sensor; shape (n,).
        rules: on the candidate, its entry and, if champions were given, its challenge.
        champion_rules: on champions; empty if none were given.
        gain: of the candidate over the baseline.
        prior: what the fleet lets us expect of a gain.
        probability: that the true gain exceeds the margin; shape (n,).
        p_value: of no gain beyond the margin; shape (n,).
        improvement: of the candidate over the champion, if champions were given.
        champion_gain: of the champion over the baseline, if champions were given.
    """

    decision: AnyArray
    rules: tuple[Rule, ...]
    champion_rules: tuple[Rule, ...]
    gain: Gain
    prior: Prior
    probability: FloatArray
    p_value: FloatArray
    improvement: Improvement | None = None
    champion_gain: Gain | None = None

    @property
    def accepted(self) -> BoolArray:
        """Sensors that their candidate will serve; shape (n,)."""
        accepted: BoolArray = np.equal(self.decision, Decision.ACCEPT)
        return accepted

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """Rules on champions first: they are why a sensor leaves its model."""
        return (*self.champion_rules, *self.rules)

    @property
    def objections(self) -> BoolArray:
        """Which rules are reasons for which sensor, in the order of ``all_rules``; (n, rules).

        What is accepted needs none. Where the champion stays, they tell why it was not replaced.
        """
        demoted = np.equal(self.decision, Decision.BASELINE)
        columns = [rule.objects & demoted for rule in self.champion_rules]
        columns += [rule.objects & ~self.accepted for rule in self.rules]
        return np.stack(columns, axis=1)

    def reasons(self, sensor: int) -> list[str]:
        """Codes of the rules that speak against the candidate, or the model, at this position."""
        return [
            rule.code
            for rule, speaks in zip(self.all_rules, self.objections[sensor], strict=True)
            if speaks
        ]


def judge(
    evidence: Evidence,
    *,
    demands: Demands,
    parameters: GateParameters,
    champion: ChampionEvidence | None = None,
) -> GateResult:
    """Judge all candidates of a fleet, and the champions they challenge.

    Args:
        evidence: of n candidates.
        demands: what is asked of each sensor.
        parameters: limits and levels.
        champion: what serves the same sensors now; ``None`` in a first run.
    """
    gain = measure_gain(
        evidence.loss,
        evidence.baseline_loss,
        evidence.hours,
        min_weeks=parameters.min_weeks,
        min_hours=parameters.min_hours,
    )
    sanity = judge_sanity(evidence, gain, parameters)
    sane = all_pass(sanity)
    on_model = np.zeros_like(sane) if champion is None else champion.serves_model
    entry = judge_entry(gain, demands, sane=sane, on_model=on_model, parameters=parameters)
    enters = sane & entry.better.passed & entry.gains.passed
    rules = (*sanity, entry.gains, entry.better)
    if champion is None:
        decision = np.where(enters, Decision.ACCEPT, Decision.BASELINE)
        return _result(decision, rules, gain, entry)
    replacement = judge_replacement(
        champion, min_hours=parameters.min_hours, parameters=parameters.replace
    )
    keeping = judge_keeping(
        champion.completed(evidence),
        floor=demands.floor,
        young=replacement.improvement.possible_weeks < parameters.replace.min_weeks,
        parameters=parameters,
    )
    replaces = sane & entry.gains.passed & replacement.passed
    decision = np.select(
        [enters | replaces, keeping.passed], [Decision.ACCEPT, Decision.KEEP], Decision.BASELINE
    )
    return _result(
        decision,
        (*rules, *replacement.rules),
        gain,
        entry,
        replacement=replacement,
        keeping=keeping,
    )


def _result(
    decision: AnyArray,
    rules: tuple[Rule, ...],
    gain: Gain,
    entry: Entry,
    *,
    replacement: Replacement | None = None,
    keeping: Keeping | None = None,
) -> GateResult:
    return GateResult(
        decision=decision.astype(np.int8),
        rules=rules,
        champion_rules=() if keeping is None else keeping.rules,
        gain=gain,
        prior=entry.prior,
        probability=entry.probability,
        p_value=entry.p_value,
        improvement=None if replacement is None else replacement.improvement,
        champion_gain=None if keeping is None else keeping.gain,
    )
