"""From configured rules to arrays over the sensors for which they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.errors import ConfigurationError, listing
from modelfleet.domain.parameters.rules import (
    ChangeRule,
    LimitRule,
    RuleParameters,
    Selection,
    SumRule,
)
from modelfleet.domain.rules import Change, CohortSum, Limit, Rules

__all__ = ["RuleSubjects", "select_rules"]


@dataclass(frozen=True, eq=False)
class RuleSubjects:
    """What rules may ask of n sensors.

    Attributes:
        sensor_ids: each once.
        cohorts: one per sensor.
        kinds: one per sensor, ``None`` where unknown.
        columns: numbers from the metadata by column, NaN where nothing is given; shapes (n,).
    """

    sensor_ids: Sequence[str]
    cohorts: Sequence[str]
    kinds: Sequence[str | None]
    columns: Mapping[str, FloatArray]


def select_rules(parameters: RuleParameters, subjects: RuleSubjects) -> Rules:
    """Lay every rule over the sensors for which it holds.

    Names of sensors, cohorts and kinds that the fleet does not have concern nobody. A cohort sum
    is made for each cohort by itself, and only where the fleet has the cohort.

    Raises:
        ConfigurationError: names all metadata columns, and all sensors to measure sums by, that
            there are not.
    """
    _check_names(parameters, subjects)
    return Rules(
        limits=tuple(_limit(rule, subjects) for rule in parameters.limits),
        changes=tuple(_change(rule, subjects) for rule in parameters.rate_of_change),
        sums=tuple(
            _sum(rule, cohort, subjects)
            for rule in parameters.cohort_sum
            for cohort in rule.cohorts
            if cohort in set(subjects.cohorts)
        ),
    )


def _limit(rule: LimitRule, subjects: RuleSubjects) -> Limit:
    concerned = _concerned(rule, subjects)
    low = _bound(rule.low, subjects, concerned, without=-np.inf)
    return Limit(rule.name, low, _bound(rule.high, subjects, concerned, without=np.inf))


def _change(rule: ChangeRule, subjects: RuleSubjects) -> Change:
    concerned = _concerned(rule, subjects)
    return Change(rule.name, _bound(rule.max_change, subjects, concerned, without=np.inf))


def _sum(rule: SumRule, cohort: str, subjects: RuleSubjects) -> CohortSum:
    return CohortSum(
        name=rule.name,
        members=np.array([each == cohort for each in subjects.cohorts], dtype=np.bool_),
        low=-np.inf if rule.low is None else rule.low,
        high=np.inf if rule.high is None else rule.high,
        share_of=None if rule.share_of is None else list(subjects.sensor_ids).index(rule.share_of),
    )


def _concerned(rule: Selection, subjects: RuleSubjects) -> BoolArray:
    groups = (
        (rule.sensors, subjects.sensor_ids),
        (rule.cohorts, subjects.cohorts),
        (rule.kinds, subjects.kinds),
    )
    for names, values in groups:
        if names:
            return np.array([value in names for value in values], dtype=np.bool_)
    return np.ones(len(subjects.sensor_ids), dtype=np.bool_)


def _bound(
    bound: float | str | None, subjects: RuleSubjects, concerned: BoolArray, *, without: float
) -> FloatArray:
    if bound is None:
        return np.full(len(concerned), without)
    given = subjects.columns[bound] if isinstance(bound, str) else np.asarray(bound, np.float64)
    return np.where(concerned & ~np.isnan(given), given, without)


def _check_names(parameters: RuleParameters, subjects: RuleSubjects) -> None:
    asked = {bound for rule in parameters.limits for bound in (rule.low, rule.high)}
    asked |= {rule.max_change for rule in parameters.rate_of_change}
    columns = {bound for bound in asked if isinstance(bound, str)} - set(subjects.columns)
    measures = {rule.share_of for rule in parameters.cohort_sum if rule.share_of is not None}
    sensors = measures - set(subjects.sensor_ids)
    problems = []
    if columns:
        known = listing(sorted(subjects.columns))
        problems.append(f"the metadata have no column {listing(sorted(columns))}, but {known}")
    if sensors:
        problems.append(f"share_of names no sensor of the fleet: {listing(sorted(sensors))}")
    if problems:
        raise ConfigurationError(f"rules: {'; '.join(problems)}; correct parameters_rules.yml")
