"""What people decided for single sensors goes before what the gate finds, until a last day.

A person can put a sensor on its baseline or hold it at its champion; nobody can make a model serve
that is not sane or not there: then the baseline serves, and the code says why.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np

from modelfleet.domain.arrays import AnyArray, BoolArray, IntArray
from modelfleet.domain.errors import LISTED, ConfigurationError
from modelfleet.domain.parameters.overrides import Override, OverrideParameters

__all__ = ["REASONS", "Decision", "Overridden", "check_overrides", "override"]


class Decision(IntEnum):
    """What an override means for one sensor."""

    NONE = 0
    BASELINE = 1
    CHAMPION = 2
    NO_CHAMPION = 3
    CHAMPION_NOT_SANE = 4


REASONS = {
    Decision.BASELINE: "forced_to_baseline",
    Decision.CHAMPION: "held_at_champion",
    Decision.NO_CHAMPION: "no_champion_to_hold",
    Decision.CHAMPION_NOT_SANE: "held_champion_not_sane",
}
"""Reason codes, as they stand in the ledger."""


@dataclass(frozen=True, eq=False)
class Overridden:
    """What overrides mean for n sensors.

    Attributes:
        decision: a :class:`Decision` per sensor; shape (n,).
        position: of its override in the configuration, -1 without one; shape (n,).
    """

    decision: AnyArray
    position: IntArray

    @property
    def to_baseline(self) -> BoolArray:
        """Where the baseline serves, whatever the gate says; shape (n,)."""
        free = np.isin(self.decision, [Decision.NONE, Decision.CHAMPION])
        return np.asarray(~free, dtype=np.bool_)

    @property
    def to_champion(self) -> BoolArray:
        """Where the champion serves, whatever the gate says; shape (n,)."""
        return np.asarray(self.decision == Decision.CHAMPION, dtype=np.bool_)


def check_overrides(
    parameters: OverrideParameters, sensor_ids: Sequence[str], *, today: date
) -> None:
    """Refuse overrides that are over, or that name a sensor which the fleet does not have.

    Args:
        parameters: from configuration.
        sensor_ids: the fleet.
        today: the day of the run.

    Raises:
        ConfigurationError: names each kind of fault with all its offenders, ten at most, then a
            count, and what to do.
    """
    known = set(sensor_ids)
    expired = [each for each in parameters.sensors if each.expires < today]
    strangers = [each for each in parameters.sensors if each.sensor not in known]
    problems = [
        *_told(expired, f"is over on {today}; remove it, or give it a later day", _with_day),
        *_told(strangers, "names no sensor of the fleet; correct the id, or remove it", _id),
    ]
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigurationError(f"overrides.sensors in conf/ has faults:\n{lines}")


def override(
    parameters: OverrideParameters,
    sensor_ids: Sequence[str],
    *,
    has_champion: BoolArray,
    champion_is_sane: BoolArray,
) -> Overridden:
    """What the overrides mean for each sensor.

    A hold without a champion is no error: one configuration serves several environments, and one
    that has no release yet could never make its first.

    Args:
        parameters: from configuration, checked by :func:`check_overrides`.
        sensor_ids: n sensors, each once.
        has_champion: a model serves now; shape (n,).
        champion_is_sane: it passes every rule of sanity; false where that is not evaluable;
            shape (n,).
    """
    place = {sensor_id: number for number, sensor_id in enumerate(sensor_ids)}
    decision = np.full(len(sensor_ids), Decision.NONE, dtype=np.int8)
    position = np.full(len(sensor_ids), -1, dtype=np.int64)
    for number, each in enumerate(parameters.sensors):
        if (sensor := place.get(each.sensor)) is not None:
            position[sensor] = number
            decision[sensor] = _decide(each, has_champion[sensor], champion_is_sane[sensor])
    return Overridden(decision, position)


def _decide(each: Override, has_champion: np.bool_, is_sane: np.bool_) -> Decision:
    if each.serve == "baseline":
        return Decision.BASELINE
    if not has_champion:
        return Decision.NO_CHAMPION
    return Decision.CHAMPION if is_sane else Decision.CHAMPION_NOT_SANE


def _told(faulty: Sequence[Override], remedy: str, name: Callable[[Override], str]) -> list[str]:
    lines = [f"{name(each)} {remedy}" for each in faulty[:LISTED]]
    more = len(faulty) - LISTED
    return [*lines, f"and {more} more like these"] if more > 0 else lines


def _id(each: Override) -> str:
    return f"the override of {each.sensor!r}"


def _with_day(each: Override) -> str:
    return f"the override of {each.sensor!r} ({each.reason}) held until {each.expires} and"
