"""What errors, alarms, visits and models cost, by kind of sensor."""

from typing import Annotated

from pydantic import Field

from modelfleet.domain.parameters.base import Number, Parameters

__all__ = ["CostParameters", "KindCosts", "YearlyEvents"]

Amount = Annotated[Number, Field(ge=0)]


class YearlyEvents(Parameters):
    """How often something happens at one sensor in a year."""

    missed_alarms: Amount
    false_alarms: Amount
    visits: Amount


class KindCosts(Parameters):
    """Prices and assumptions for the sensors of one kind.

    ``fixed_without_model`` stands in for the error of last week's value where a team knows what a
    sensor costs without any forecast, per year.
    """

    per_unit_hour: Amount
    per_missed_alarm: Amount
    per_false_alarm: Amount
    per_visit: Amount
    per_model_year: Amount
    without_model: YearlyEvents
    baseline: YearlyEvents
    candidate: YearlyEvents
    fixed_without_model: Amount | None = None


class CostParameters(Parameters):
    """The currency, the general prices, and those of kinds that differ in all of them."""

    currency: str = Field(pattern=r"^\S+$", max_length=8)
    default: KindCosts
    kinds: dict[str, KindCosts] = Field(default_factory=dict)
