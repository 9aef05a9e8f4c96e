"""Business rules that a forecast has to keep, and for whom they hold."""

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.domain.parameters.base import Number, Parameters

__all__ = ["Bound", "ChangeRule", "LimitRule", "RuleParameters", "Selection", "SumRule"]

Name = Annotated[str, Field(min_length=1)]
RuleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

Bound = Number | Name
"""A number in the unit of the readings, or the metadata column that holds one per sensor."""

RESERVED = ("model", "no_forecast")


class Selection(Parameters):
    """Sensors, cohorts or kinds; nobody named means the whole fleet."""

    sensors: tuple[Name, ...] = ()
    cohorts: tuple[Name, ...] = ()
    kinds: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _one_group(self) -> Self:
        if sum(map(bool, (self.sensors, self.cohorts, self.kinds))) > 1:
            raise ValueError("name sensors, cohorts or kinds: at most one of the three")
        return self


class LimitRule(Selection):
    """A forecast lies between two bounds."""

    name: RuleName
    low: Bound | None = None
    high: Bound | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        _check_bounds(self.low, self.high)
        return self


class ChangeRule(Selection):
    """A forecast is no further than so much from what is served, or was read, one step before."""

    name: RuleName
    max_change: Annotated[Number, Field(ge=0)] | Name


class SumRule(Parameters):
    """What is served for all sensors of a cohort adds up to between two bounds, at each step.

    With ``share_of`` the bounds are shares of what is served for that sensor.
    """

    name: RuleName
    cohorts: tuple[Name, ...] = Field(min_length=1)
    low: Number | None = None
    high: Number | None = None
    share_of: Name | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        _check_bounds(self.low, self.high)
        return self


class RuleParameters(Parameters):
    """All rules, each with a name of its own."""

    limits: tuple[LimitRule, ...] = ()
    rate_of_change: tuple[ChangeRule, ...] = ()
    cohort_sum: tuple[SumRule, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [rule.name for rule in self.limits]
        names += [rule.name for rule in self.rate_of_change]
        names += [rule.name for rule in self.cohort_sum]
        twice = sorted(name for name, number in Counter(names).items() if number > 1)
        if twice:
            raise ValueError(f"{twice} name more than one rule; a row is told one name")
        if taken := sorted(set(names) & set(RESERVED)):
            raise ValueError(f"{taken} mean something else; choose other names")
        return self


def _check_bounds(low: float | str | None, high: float | str | None) -> None:
    if low is None and high is None:
        raise ValueError("give low, high or both")
    if isinstance(low, float | int) and isinstance(high, float | int) and low > high:
        raise ValueError(f"low is {low} and high is {high}: nothing lies between")
