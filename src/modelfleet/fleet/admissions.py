"""Which sensors a model may learn from, and why the others may not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.admission import Condition, SensorCondition, find_faults
from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.fleet.arrays import as_floats
from modelfleet.fleet.limits import SensorLimits, limits_of, warn_of_strangers
from modelfleet.fleet.retirement import explain_retirement, warn_of_retired

__all__ = ["ADMISSION_SCHEMA", "PROFILE_FAILED", "decide_admissions"]

PROFILE_FAILED = "profile_failed"

REMARKS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "looks_swapped": (("swap_partner", "with {}"),),
    "dead": (("successor", "{} began when it stopped: renamed?"),),
    "too_young": (
        ("renamed_from", "was {}"),
        ("predecessor", "began when {} stopped: renamed?"),
    ),
}
"""Columns of a profile that name another sensor a reason has to do with, and how it is told."""

ADMISSION_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "admitted": pl.Boolean(),
        "reasons": pl.List(pl.String),
        "explanation": pl.List(pl.String),
    }
)


def decide_admissions(
    profiles: pl.DataFrame, unmet: Mapping[str, list[str]], validation: ValidationParameters
) -> pl.DataFrame:
    """Admit or quarantine each sensor.

    Args:
        profiles: from :func:`~modelfleet.fleet.descriptions.describe_profiles`.
        unmet: reasons by sensor from expectations that quarantine.
        validation: what a sensor must bring.

    Returns:
        ``sensor_id``, ``admitted``, ``reasons`` (codes) and ``explanation``: each reason with what
        was measured, what is allowed and, where an exception set the limit, why. A sensor that was
        admitted by an exception alone is explained too. One that its owner retired is judged no
        further.
    """
    warn_of_strangers(profiles, validation)
    limits = limits_of(profiles, validation)
    condition = _condition(profiles)
    rules = _Rules(
        limits,
        find_faults(condition, limits.limits),
        find_faults(condition, limits.general),
    )
    rows = []
    for position, profile in enumerate(profiles.iter_rows(named=True)):
        if profile["retired"]:
            longest = float(limits.limits.max_silence_hours[position])
            why = explain_retirement(profile, max_silence_hours=longest)
            rows.append(_row(profile, list(why), list(why.values())))
        else:
            rows.append(_judged(profile, position, rules, unmet))
    admissions = pl.DataFrame(rows, schema=ADMISSION_SCHEMA)
    warn_of_retired(admissions)
    return admissions


@dataclass(frozen=True)
class _Rules:
    """What was found of each sensor.

    Attributes:
        limits: of each sensor.
        found: conditions under these limits.
        usual: conditions under the general limits.
    """

    limits: SensorLimits
    found: Mapping[str, Condition]
    usual: Mapping[str, Condition]

    def codes(self, position: int) -> list[str]:
        """Reasons against a sensor."""
        return [code for code, each in self.found.items() if each.at_fault[position]]

    def explain(self, code: str, position: int, profile: Mapping[str, Any]) -> str:
        """A reason in figures, and which other sensor it has to do with."""
        if code not in self.found or not self.found[code].at_fault[position]:
            return code
        notes = [
            text.format(profile[name]) for name, text in REMARKS.get(code, ()) if profile[name]
        ]
        if reason := self.limits.reason(self.found[code].limit, position):
            notes.append(f"exception: {reason}")
        return self._figures(code, position, notes)

    def allowances(self, position: int) -> list[str]:
        """Reasons that would stand against a sensor, were it not for an exception."""
        return [
            self._figures(code, position, [f"allowed: {reason}"])
            for code, each in self.usual.items()
            if each.at_fault[position]
            and not self.found[code].at_fault[position]
            and (reason := self.limits.reason(each.limit, position))
        ]

    def _figures(self, code: str, position: int, notes: list[str]) -> str:
        found = self.found[code]
        text = f"{code}: {found.figure[position]:.4g}, limit {found.threshold[position]:g}"
        return f"{text} ({'; '.join(notes)})" if notes else text


def _judged(
    profile: Mapping[str, Any], position: int, rules: _Rules, unmet: Mapping[str, list[str]]
) -> dict[str, object]:
    failed = profile["outcome"] == "failed"  # then there are no figures to judge by
    codes = [PROFILE_FAILED] if failed else rules.codes(position)
    codes += [code for code in unmet.get(profile["sensor_id"], []) if code not in codes]
    explanation = [rules.explain(code, position, profile) for code in codes]
    return _row(profile, codes, explanation + ([] if failed else rules.allowances(position)))


def _row(profile: Mapping[str, Any], codes: list[str], explanation: list[str]) -> dict[str, object]:
    return {
        "sensor_id": profile["sensor_id"],
        "admitted": not codes,
        "reasons": codes,
        "explanation": explanation,
    }


def _condition(profiles: pl.DataFrame) -> SensorCondition:
    def figures(name: str) -> FloatArray:
        return as_floats(profiles[name])

    return SensorCondition(
        readings=figures("readings"),
        history_weeks=figures("history_weeks"),
        silence_hours=figures("silence_hours"),
        coverage=figures("coverage"),
        longest_gap_hours=figures("longest_gap_hours"),
        stuck_share=figures("stuck_share"),
        stuck_end_hours=figures("stuck_end_hours"),
        level_jumps=figures("level_jump_days"),
        level_ratio=figures("level_ratio"),
        shift_days=figures("shift_days"),
        swap_mismatch=np.nan_to_num(figures("swap_mismatch"), nan=np.inf),
        rows_per_step=figures("rows_per_step"),
        off_grid_share=figures("off_grid_share"),
        rejected_share=figures("rejected_share"),
        spread=figures("spread"),
    )
