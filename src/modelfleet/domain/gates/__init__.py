"""The gate: what serves a sensor, decided by rules on evidence.

Each rule looks at the evidence of all sensors at once and returns arrays. What could not be
computed never passes. Sentences for people are made elsewhere, from code, figure and threshold.
"""

from modelfleet.domain.gates.enter import Demands
from modelfleet.domain.gates.evidence import ChampionEvidence, Evidence
from modelfleet.domain.gates.replace import Improvement
from modelfleet.domain.gates.rules import Rule, Status
from modelfleet.domain.gates.verdicts import Decision, GateResult, judge

__all__ = [
    "ChampionEvidence",
    "Decision",
    "Demands",
    "Evidence",
    "GateResult",
    "Improvement",
    "Rule",
    "Status",
    "judge",
]
