"""Sentences on what moved a forecast: which groups raised it, and which lowered it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from modelfleet.commands.prediction_evidence.figures import Figures, listed
from modelfleet.domain.explain import CALENDAR, COVARIATES, RECENT_LEVEL, SAME_TIME_LAST_WEEKS

__all__ = ["GROUP_NAMES", "what_moved"]

Document = Mapping[str, Any]

GROUP_NAMES = {
    RECENT_LEVEL: "recent level",
    SAME_TIME_LAST_WEEKS: "same time last weeks",
    CALENDAR: "calendar",
    COVARIATES: "covariates",
}
MINOR = 0.1
"""Groups that add less than this share of the largest are left to the table."""


def what_moved(document: Document, figures: Figures) -> Iterator[str]:
    """What raises and what lowers it, the most important first."""
    found = document["contributions"]
    if found is None or (found["groups"] is None and not found["said"]):
        return
    if found["groups"] is None:
        yield f"What moved the model cannot be told: {found['problem']}."
        return
    yield _against_the_usual(document, figures)
    largest = max(map(abs, found["groups"].values()), default=0.0)
    told = {
        name: value
        for name, value in found["groups"].items()
        if abs(value) >= MINOR * largest and not figures.is_zero(value)
    }
    clauses = [
        f"{listed(_named(document, told, figures, sign))} {verb}"
        for sign, verb in _in_order(told)
        if any(value * sign > 0 for value in told.values())
    ]
    if clauses:
        sentence = "; ".join(clauses)
        yield f"{sentence[0].upper()}{sentence[1:]}."


def _against_the_usual(document: Document, figures: Figures) -> str:
    found = document["contributions"]
    served = document["forecast"]["source"] != "baseline"
    subject = "The forecast" if served else "The model's forecast"
    usual = f"what the model gives on average over a usual week, {figures.full(found['base'])}"
    above = found["forecast"] - found["base"]
    if figures.is_zero(above):
        return f"{subject} is {usual}."
    side = "above" if above > 0 else "below"
    return f"{subject} is {figures.bare(abs(above))} {side} {usual}."


def _in_order(told: Mapping[str, float]) -> tuple[tuple[int, str], ...]:
    """The larger side first."""
    up, down = (1, "raised it"), (-1, "lowered it")
    return (up, down) if max(told.values(), key=abs, default=0.0) >= 0 else (down, up)


def _named(document: Document, told: Mapping[str, float], figures: Figures, sign: int) -> list[str]:
    chosen = [(name, value) for name, value in told.items() if value * sign > 0]
    chosen.sort(key=lambda pair: -abs(pair[1]))
    return [f"{_group(document, name)} ({figures.signed(value)})" for name, value in chosen]


def _group(document: Document, name: str) -> str:
    local = datetime.fromisoformat(document["local_time"])
    if name == SAME_TIME_LAST_WEEKS:
        return f"what was read on {local:%A}s at {local:%H:%M} in the weeks before"
    if name == RECENT_LEVEL:
        return "what was read in the last days"
    if name == CALENDAR:
        return "the time of day and of the week in itself"
    features = document["contributions"]["features"]
    names = [each["name"].removeprefix("covariate_") for each in features]
    mine = [n for n, each in zip(names, features, strict=True) if each["group"] == COVARIATES]
    return f"the companions {listed(mine)}" if len(mine) > 1 else f"the companion {listed(mine)}"
