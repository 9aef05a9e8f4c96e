"""What a sensor costs in a year: without a model, with its baseline, with its candidate.

For one sensor and one of the three,

    cost = error · 8766 h · per_unit_hour
         + missed alarms · per_missed_alarm + false alarms · per_false_alarm + visits · per_visit
         + models · per_model_year

The error is the mean absolute error of day-ahead forecasts over the judged weeks. What it assumes:

- A unit of error costs the same in every hour and in both directions, and the judged weeks stand
  for a year of 365.25 days.
- Without a model somebody holds a reading against the same hour of last week: the error is the
  mean absolute weekly difference, unless ``fixed_without_model`` says what such a sensor costs.
- Nobody counts alarms yet. Missed and false alarms and visits per year are rates that the
  configuration gives for each of the three; they are derived from no evidence, and a candidate
  costs less than a baseline only by as much as it errs less or the configuration says so.
- A baseline is no model: ``per_model_year`` is for the candidate.

An unknown error makes an unknown cost, never a cost of nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.parameters.costs import CostParameters, KindCosts, YearlyEvents

__all__ = ["HOURS_PER_YEAR", "YearlyCosts", "yearly_costs"]

HOURS_PER_YEAR = 365.25 * 24


@dataclass(frozen=True, eq=False)
class YearlyCosts:
    """Estimated cost of n sensors in the configured currency per year; NaN where unknown."""

    without_model: FloatArray
    baseline: FloatArray
    candidate: FloatArray

    @property
    def saved(self) -> FloatArray:
        """What the candidate saves over the baseline; negative where it costs more; shape (n,)."""
        saved: FloatArray = self.baseline - self.candidate
        return saved


def yearly_costs(
    parameters: CostParameters,
    kinds: Sequence[str | None],
    *,
    weekly_difference: FloatArray,
    baseline_mae: FloatArray,
    candidate_mae: FloatArray,
) -> YearlyCosts:
    """Estimate what n sensors cost in a year; see the formula and its assumptions above.

    Args:
        parameters: prices and rates; a kind that has none of its own takes the general ones.
        kinds: of the sensors, ``None`` where unknown.
        weekly_difference: mean absolute difference to the same hour of last week, in the unit of
            the readings: the mean absolute error over MASE; shape (n,).
        baseline_mae: mean absolute error of the baselines; shape (n,).
        candidate_mae: of the candidates, NaN where there is none; shape (n,).
    """
    known = {kind: parameters.kinds.get(kind or "", parameters.default) for kind in set(kinds)}
    each = [known[kind] for kind in kinds]
    price = np.array([kind.per_unit_hour for kind in each]) * HOURS_PER_YEAR
    fixed = np.array([_or_unknown(kind.fixed_without_model) for kind in each], dtype=np.float64)
    watched = weekly_difference * price + _events(each, "without_model")
    upkeep = np.array([kind.per_model_year for kind in each])
    return YearlyCosts(
        without_model=np.where(np.isnan(fixed), watched, fixed),
        baseline=baseline_mae * price + _events(each, "baseline"),
        candidate=candidate_mae * price + _events(each, "candidate") + upkeep,
    )


def _or_unknown(amount: float | None) -> float:
    return np.nan if amount is None else amount


def _events(each: Sequence[KindCosts], name: str) -> FloatArray:
    """Cost of alarms and visits per year; shape (n,)."""
    return np.array([_cost_of(kind, getattr(kind, name)) for kind in each], dtype=np.float64)


def _cost_of(prices: KindCosts, events: YearlyEvents) -> float:
    return (
        events.missed_alarms * prices.per_missed_alarm
        + events.false_alarms * prices.per_false_alarm
        + events.visits * prices.per_visit
    )
