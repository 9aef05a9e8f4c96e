"""The gate's answers on one sensor, read back from its row of the verdicts."""

from collections.abc import Mapping
from typing import Any

from modelfleet.domain.gates import Status
from modelfleet.fleet.sentences import WORDS, explain_answer

__all__ = ["RULE_PARTS", "rules_of"]

RULE_PARTS = ("_status", "_figure", "_threshold")
"""Ends of the three columns that each rule has."""


def rules_of(verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``code``, ``status``, ``figure``, ``threshold`` and ``sentence`` of each rule, in order.

    Rules that were not asked of this sensor are left out.
    """
    codes = [name.removesuffix("_status") for name in verdict if name.endswith("_status")]
    rules = [_rule(code, verdict) for code in codes]
    return [rule for rule in rules if rule["status"] not in {None, "not_asked"}]


def _rule(code: str, verdict: Mapping[str, Any]) -> dict[str, Any]:
    status, figure, threshold = (verdict.get(f"{code}{part}") for part in RULE_PARTS)
    told = code in WORDS and status is not None
    return {
        "code": code,
        "status": status,
        "figure": figure,
        "threshold": threshold,
        "sentence": explain_answer(
            code,
            Status[str(status).upper()],
            _number(figure),
            _number(threshold),
            strict=verdict.get("mode") == "strict",
        )
        if told
        else "",
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
