"""Business rules on forecasts: what breaks one is replaced by the backup, row by row.

Rules are asked in this order, and a row tells the first that it breaks: a forecast must be there,
keep its limits, stay near what is served one step before, and its cohort must add up. A backup is
served whatever it is, for there is nothing else; where it is missing, nothing is served. What
cannot be evaluated, for a neighbour or a part of a sum is unknown, breaks no rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray

__all__ = ["MODEL", "NO_FORECAST", "Change", "CohortSum", "Limit", "Rules", "Served", "apply_rules"]

MODEL, NO_FORECAST = 0, 1


@dataclass(frozen=True, eq=False)
class Limit:
    """Bounds of n sensors; infinite where there is none; shapes (n,)."""

    name: str
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class Change:
    """Largest change from step to step of n sensors; infinite where there is none; shape (n,)."""

    name: str
    largest: FloatArray


@dataclass(frozen=True, eq=False)
class CohortSum:
    """Bounds of the sum over some of n sensors, at each step.

    Attributes:
        name: of the rule.
        members: sensors that are added up; shape (n,).
        low: lowest sum; minus infinity without one.
        high: highest sum.
        share_of: position of the sensor of whose value the bounds are shares, or ``None``.
    """

    name: str
    members: BoolArray
    low: float
    high: float
    share_of: int | None = None


@dataclass(frozen=True, eq=False)
class Rules:
    """All rules as arrays over the same n sensors."""

    limits: tuple[Limit, ...] = ()
    changes: tuple[Change, ...] = ()
    sums: tuple[CohortSum, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names by code: ``model``, ``no_forecast``, then the rules."""
        limits = [rule.name for rule in self.limits]
        changes = [rule.name for rule in self.changes]
        sums = [rule.name for rule in self.sums]  # one rule may hold for several cohorts
        return ("model", "no_forecast", *dict.fromkeys([*limits, *changes, *sums]))


@dataclass(frozen=True, eq=False)
class Served:
    """What is served for n sensors.

    Attributes:
        values: forecast or backup; NaN where neither is there; shape (n, steps).
        code: position in ``names``: 0 for the model, else why the backup stands here; shape
            (n, steps).
        names: ``model``, ``no_forecast``, then the rules.
    """

    values: FloatArray
    code: AnyArray
    names: tuple[str, ...]

    @property
    def shares(self) -> FloatArray:
        """How often: share of each sensor's rows by code, NaN without rows; shape (n, names)."""
        count = np.stack([(self.code == k).sum(axis=1) for k in range(len(self.names))], axis=1)
        steps = self.code.shape[1]
        return count / steps if steps else np.full(count.shape, np.nan)


def apply_rules(
    forecast: FloatArray,
    backup: FloatArray,
    rules: Rules,
    *,
    previous: FloatArray | None = None,
) -> Served:
    """Serve each forecast that keeps all rules, and the backup of every other.

    Where the sum of a cohort breaks its rule, nobody can tell which sensor is to blame: all model
    forecasts of the cohort are replaced at this step.

    Args:
        forecast: of the models, not finite where there is none; shape (n, steps), steps in order.
        backup: of the baselines, not finite where there is none; shape (n, steps).
        rules: of the same n sensors.
        previous: what was read one step before the first, NaN where unknown; shape (n,).
    """
    code = np.where(np.isfinite(forecast), MODEL, NO_FORECAST).astype(np.int16)
    _keep_limits(forecast, code, rules)
    backup = _known(backup)
    values = np.where(code == MODEL, forecast, backup)
    before = np.full(len(values), np.nan) if previous is None else _known(previous)
    for steps in _parts(values, rules):
        part = values[:, steps], code[:, steps], backup[:, steps]
        if rules.changes:
            _keep_changes(*part, rules, before=before)
        _keep_sums(*part, rules)
        before = values[:, steps.stop - 1] if steps.stop else before
    return Served(values, code, rules.names)


def _known(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def _parts(values: FloatArray, rules: Rules) -> Iterator[slice]:
    """Whether a change is too large depends on what is served before: then step by step."""
    length = values.shape[1]
    if rules.changes:
        return (slice(step, step + 1) for step in range(length))
    return iter([slice(0, length)])


def _keep_limits(forecast: FloatArray, code: AnyArray, rules: Rules) -> None:
    for limit in rules.limits:
        breaks = (forecast < limit.low[:, None]) | (forecast > limit.high[:, None])
        code[breaks & (code == MODEL)] = rules.names.index(limit.name)


def _keep_changes(
    values: FloatArray, code: AnyArray, backup: FloatArray, rules: Rules, *, before: FloatArray
) -> None:
    """At one step; shapes (n, 1)."""
    for change in rules.changes:
        breaks = np.abs(values - before[:, None]) > change.largest[:, None]
        _replace(breaks, rules.names.index(change.name), values, code, backup)


def _keep_sums(values: FloatArray, code: AnyArray, backup: FloatArray, rules: Rules) -> None:
    """Until no sum changes any more: one may be measured against a sensor of another."""
    replaced = True
    while replaced:
        replaced = False
        for each in rules.sums:
            breaks = each.members[:, None] & _off_balance(values, each)
            number = rules.names.index(each.name)
            replaced |= _replace(breaks, number, values, code, backup)


def _off_balance(values: FloatArray, each: CohortSum) -> BoolArray:
    """Steps at which the sum breaks its rule; none where a part or the measure is unknown."""
    total = values[each.members].sum(axis=0)
    low, high = np.full(total.shape, each.low), np.full(total.shape, each.high)
    if each.share_of is not None:
        measure = values[each.share_of]
        known = measure > 0  # a share of nothing or of less says nothing
        low = np.where(known, each.low * np.where(known, measure, 1.0), -np.inf)
        high = np.where(known, each.high * np.where(known, measure, 1.0), np.inf)
    return np.asarray((total < low) | (total > high), dtype=np.bool_)


def _replace(
    breaks: BoolArray, number: int, values: FloatArray, code: AnyArray, backup: FloatArray
) -> bool:
    """Put the backup in place of models' forecasts that break a rule; whether there were any."""
    hit = breaks & (code == MODEL)
    values[hit], code[hit] = backup[hit], number
    return bool(hit.any())
