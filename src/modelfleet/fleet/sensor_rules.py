"""The rules of each sensor: what a worker must know to keep them, and nothing of other sensors."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.rule_selection import RuleSubjects, select_rules
from modelfleet.domain.rules import Change, Limit, Rules
from modelfleet.fleet.arrays import as_floats

__all__ = ["NO_RULES", "SensorRules", "rules_by_sensor", "rules_of_fleet"]

BOUNDS = ("lower_limit", "upper_limit", "rule_value")
"""Metadata columns that hold numbers of sensors."""


@dataclass(frozen=True)
class SensorRules:
    """Limits and largest changes that bind one sensor, in the order in which they are asked.

    Attributes:
        limits: name, lowest and highest value; infinite where there is none.
        changes: name and largest change from step to step.
    """

    limits: tuple[tuple[str, float, float], ...] = ()
    changes: tuple[tuple[str, float], ...] = ()

    def key(self) -> list[object]:
        """For a fingerprint: another bound is another result."""
        limits = [[name, low.hex(), high.hex()] for name, low, high in self.limits]
        return [limits, [[name, largest.hex()] for name, largest in self.changes]]

    def as_rules(self) -> Rules:
        """As the domain has them, over one sensor."""
        return Rules(
            limits=tuple(
                Limit(name, np.array([low]), np.array([high])) for name, low, high in self.limits
            ),
            changes=tuple(Change(name, np.array([largest])) for name, largest in self.changes),
        )


NO_RULES = SensorRules()


def rules_of_fleet(sensors: pl.DataFrame, parameters: RuleParameters) -> Rules:
    """All configured rules over a table of sensors, in its order.

    Args:
        sensors: ``sensor_id``, ``cohort``, ``kind`` and the columns of :data:`BOUNDS`: the fleet.
        parameters: the rules.

    Raises:
        ConfigurationError: a rule names a metadata column, or a sensor to measure sums by, that
            there is not.
    """
    subjects = RuleSubjects(
        sensor_ids=sensors["sensor_id"].to_list(),
        cohorts=sensors["cohort"].to_list(),
        kinds=sensors["kind"].to_list(),
        columns={name: as_floats(sensors[name]) for name in BOUNDS},
    )
    return select_rules(parameters, subjects)


def rules_by_sensor(sensors: pl.DataFrame, parameters: RuleParameters) -> dict[str, SensorRules]:
    """The limits and largest changes that bind each sensor; who is bound by none is absent.

    Arguments and errors are those of :func:`rules_of_fleet`.
    """
    rules = rules_of_fleet(sensors, parameters)
    limits = [_of_limit(rule) for rule in rules.limits]
    changes = [_of_change(rule) for rule in rules.changes]
    found = {}
    for position, sensor_id in enumerate(sensors["sensor_id"]):
        own = SensorRules(
            tuple(bound[position] for bound in limits if position in bound),
            tuple(bound[position] for bound in changes if position in bound),
        )
        if own != NO_RULES:
            found[sensor_id] = own
    return found


def _of_limit(rule: Limit) -> Mapping[int, tuple[str, float, float]]:
    binds = np.flatnonzero(np.isfinite(rule.low) | np.isfinite(rule.high))
    return {int(k): (rule.name, float(rule.low[k]), float(rule.high[k])) for k in binds}


def _of_change(rule: Change) -> Mapping[int, tuple[str, float]]:
    return {
        int(k): (rule.name, float(rule.largest[k])) for k in np.flatnonzero(rule.largest < np.inf)
    }
