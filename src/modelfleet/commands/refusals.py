"""Refusals as people read them: what stands against many cohorts alike is said once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelfleet.domain.approvals import Refusal

__all__ = ["refusal_lines"]

SHOWN = 10
PLACE = "\0"


def refusal_lines(refusals: "Iterable[Refusal]") -> list[str]:
    """One sentence for all cohorts of which it says the same."""
    cohorts: dict[str, list[str]] = {}
    for each in refusals:
        names = cohorts.setdefault(each.sentence.replace(f"cohort {each.what}", PLACE), [])
        if each.what not in names:
            names.append(each.what)
    return [sentence.replace(PLACE, _named(names)) for sentence, names in cohorts.items()]


def _named(cohorts: list[str]) -> str:
    if len(cohorts) == 1:
        return f"cohort {cohorts[0]}"
    more = f" and {len(cohorts) - SHOWN} more" if len(cohorts) > SHOWN else ""
    return f"cohorts {', '.join(cohorts[:SHOWN])}{more}"
