"""What is told of one forecast: model, backup, rule and readings, each with its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.explain import Contributions

__all__ = [
    "LINEAR",
    "SHAPLEY",
    "Backup",
    "BrokenRule",
    "Explanation",
    "Feature",
    "ModelPart",
    "Week",
]

LINEAR, SHAPLEY = "linear", "shapley"
"""How contributions were found."""


@dataclass(frozen=True)
class Feature:
    """What a model looked at.

    Attributes:
        name: as the recipe makes it.
        group: see :mod:`modelfleet.domain.explain`.
        value: at this step.
        usual: mean over the usual week.
        contribution: of a linear model, in the unit of the readings; ``None`` of others.
    """

    name: str
    group: str
    value: float
    usual: float
    contribution: float | None


@dataclass(frozen=True)
class ModelPart:
    """What the model of the sensor says, whether that is served or not.

    Attributes:
        value: in the unit of the readings; ``None`` where it says nothing.
        method: ``linear`` or ``shapley``.
        contributions: that make up the value; ``None`` where they cannot be told.
        features: all that it looked at.
        problem: why there is no value, or why its contributions cannot be told.
    """

    value: float | None
    method: str
    contributions: Contributions | None = None
    features: tuple[Feature, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class Week:
    """One of the weeks that a baseline looks at.

    Attributes:
        back: weeks before the step.
        time: the same local time then.
        value: what was read; ``None`` where nothing was.
        excluded: left out, because of an event.
        taken: the baseline rests on it.
    """

    back: int
    time: datetime | None
    value: float | None
    excluded: bool
    taken: bool


@dataclass(frozen=True)
class Backup:
    """What the baseline of the sensor says, whether that is served or not.

    Attributes:
        name: of the baseline; ``None`` for a sensor without one.
        version: of it.
        value: in the unit of the readings; ``None`` where it knows nothing.
        stale: kept in the release, for want of recent readings.
        weeks: that it looks at, the nearest first; none for a business rule.
        horizon: what it says of all steps, NaN where it knows nothing; shape (horizon,).
    """

    name: str | None
    version: str | None
    value: float | None
    stale: bool
    weeks: tuple[Week, ...]
    horizon: tuple[float, ...]


@dataclass(frozen=True)
class BrokenRule:
    """Why a rule gave the step to the backup.

    Attributes:
        name: of the rule.
        kind: ``limit``, ``change`` or ``sum``.
        low: bound in the unit of the readings, or share; ``None`` where there is none.
        high: likewise; of a change the largest one.
        before: of a change, what was served or read one step before.
    """

    name: str
    kind: str
    low: float | None
    high: float | None
    before: float | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """A forecast and what it was made of.

    Attributes:
        rows: of all steps of the sensor, as the release serves them.
        row: of this step.
        model: what its model says; ``None`` for a sensor without one.
        backup: what its baseline says.
        rule: that the model's forecast breaks; ``None`` where it breaks none.
        times: of the history, each step; shape (n,).
        history: values that were looked at, NaN where nothing was read; shape (n,).
        excluded: steps of the history that no pattern was learned from; shape (n,).
    """

    rows: pl.DataFrame
    row: Mapping[str, Any]
    model: ModelPart | None
    backup: Backup
    rule: BrokenRule | None
    times: tuple[datetime, ...]
    history: FloatArray
    excluded: BoolArray
