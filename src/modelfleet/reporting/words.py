"""How figures, codes and names are written for people."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

__all__ = [
    "change",
    "counted",
    "explained",
    "in_words",
    "moment",
    "money",
    "naming",
    "percent",
    "shown",
]

SHOWN = 48
EXPLANATION = re.compile(r"(\w+): (\S+), limit (\S+)( \(.+\))?")

REASONS = {
    "no_data": "no readings at all",
    "dead": "silent at the end",
    "too_young": "too little history",
    "stuck_at_end": "stuck at one value at the end",
    "stuck": "often stuck at one value",
    "no_variance": "never changes",
    "low_coverage": "too many gaps",
    "unit_switch": "the unit changed",
    "looks_swapped": "looks exchanged with another sensor",
    "level_shift": "the level changed for good",
    "clock_drift": "the clock drifts off the grid",
    "too_many_rows": "sends far too many rows",
    "too_many_rejected": "too many rejected rows",
    "retired_by_owner": "retired by its owner",
    "retired_but_sending": "still sends, though retired",
    "retired_before_first_reading": "retired before its first reading",
    "profile_failed": "could not be profiled",
    "forced_to_baseline": "on its baseline by decision",
    "held_at_champion": "held at its champion by decision",
    "no_champion_to_hold": "no champion to hold, its baseline serves",
    "held_champion_not_sane": "its champion is not sane, its baseline serves",
    "pinned": "pinned by a person",
    "not_finite": "models forecast what is no number",
    "too_many_demotions": "too many sensors lose their model",
    "too_many_flips": "too many sensors change between model and baseline",
    "too_many_cohort_flips": "too many sensors of one cohort change between model and baseline",
    "too_many_insane": "too many candidates are not sane",
    "skill_fell": "the fleet's skill fell",
    "no_skill": "the models are no better than the baselines",
    "replacements_worse": "replacements are worse than the champions they replace",
    "shock_in_gain": "gains left their usual range all over the fleet",
    "shock_in_loss": "errors left their usual range all over the fleet",
}
UNITS = {
    "dead": "hours of silence",
    "too_young": "weeks of history",
    "stuck_at_end": "hours at one value",
    "unit_switch": "times the former level, up or down",
    "looks_swapped": "of the shift by which they miss each other's former level",
    "level_shift": "days on the new level",
    "too_many_rows": "rows per step of the grid",
}
SHARES = {
    "stuck": "of the values stand still",
    "low_coverage": "of the steps have a value",
    "clock_drift": "of its rows",
    "too_many_rejected": "of its rows",
}


def shown(name: str) -> str:
    """A name as one short printable line: names come from outside and may be anything."""
    line = "".join("\ufffd" if unicodedata.category(c)[0] == "C" else c for c in name)
    line = " ".join(line.split()) or "(blank)"
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def in_words(code: str) -> str:
    """A reason code as people say it."""
    return REASONS.get(code, code.replace("_", " "))


def explained(explanation: str) -> str:
    """An explanation ``code: figure, limit figure (note)`` with the code and its unit in words."""
    found = EXPLANATION.fullmatch(explanation)
    if not found:
        code, colon, rest = explanation.partition(":")
        return in_words(code) + colon + rest if code.isidentifier() else explanation
    code, figure, limit, note = found.groups()
    if code in SHARES:
        figure, limit = percent(float(figure), digits=1), percent(float(limit), digits=1)
    unit = SHARES.get(code) or UNITS.get(code, "")
    return f"{in_words(code)}: {figure} {unit}".rstrip() + f", the limit is {limit}{note or ''}"


def moment(text: str) -> str:
    """An ISO 8601 time with its zone as people write it, in UTC."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%d %b %Y %H:%M} UTC"


def percent(share: float | None, *, digits: int = 0) -> str:
    """A share as a percentage; a dash where it is unknown."""
    if share is None or not np.isfinite(share):
        return "–"
    # -0.001 would otherwise be written as -0 %.
    return f"{round(100 * share, digits) + 0.0:,.{digits}f} %".replace("-", "−")


def change(gain: float | None) -> str:
    """A gain as a signed percentage."""
    text = percent(gain)
    return f"+{text}" if gain is not None and gain > 0 and text != "0 %" else text


def counted(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun: ``1 sensor``, ``2,000 sensors``; ``nouns`` where no s will do."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def money(amount: float | None) -> str:
    """An amount without cents; a dash where it is unknown."""
    if amount is None or not np.isfinite(amount):
        return "–"
    return f"{round(amount) + 0:,}".replace("-", "−")


def naming(names: Sequence[str], *, limit: int = 5) -> str:
    """Some names, and how many more there are."""
    listed = ", ".join(shown(name) for name in names[:limit])
    more = len(names) - limit
    return f"{listed} and {more:,} more" if more > 0 else listed
