"""Who takes part in a task, and what a worker must know of each sensor besides its readings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeVar

import polars as pl

from modelfleet.domain.baselines import SensorFacts
from modelfleet.domain.lineage import canonical_json
from modelfleet.domain.periods import Periods
from modelfleet.fleet.sensor_rules import NO_RULES, SensorRules

__all__ = ["Member", "Periods", "Roster", "assign", "ids_by_shard", "make_roster"]

NOTHING_KNOWN = SensorFacts()
NOBODY_BOUND: Mapping[str, SensorRules] = MappingProxyType({})
Chosen_co = TypeVar("Chosen_co", covariant=True)


class Assigns(Protocol[Chosen_co]):
    """Configuration that gives something to each sensor."""

    def of(self, sensor_id: str, cohort: str) -> Chosen_co:
        """What this sensor gets."""
        ...


@dataclass(frozen=True)
class Member:
    """One sensor of a task.

    Attributes:
        sensor_id: its name.
        assigned: name of the recipe or baseline it gets.
        excluded: stretches of grid indices that are left out of learning and scoring.
        facts: what else is known of it.
        rules: what its forecasts must keep.
        rivals: further recipes that compete with the assigned one, which wins a tie.
    """

    sensor_id: str
    assigned: str
    excluded: Periods = ()
    facts: SensorFacts = NOTHING_KNOWN
    rules: SensorRules = NO_RULES
    rivals: tuple[str, ...] = ()

    @property
    def contenders(self) -> tuple[str, ...]:
        """All that it may get; the first wins a tie."""
        return (self.assigned, *self.rivals)

    def key(self) -> list[object]:
        """What shapes the sensor's result, for a fingerprint."""
        periods = [list(period) for period in self.excluded]
        known = [self.facts.rule_value, self.rules.key()]
        return [self.sensor_id, self.contenders, periods, *known]


@dataclass(frozen=True)
class Roster:
    """Members by shard."""

    members: Mapping[int, tuple[Member, ...]]

    def sizes(self) -> dict[int, int]:
        """Number of members by shard."""
        return {shard: len(members) for shard, members in self.members.items()}

    def part(self, shard: int) -> "Roster":
        """Only the members of one shard."""
        return Roster({shard: self.members[shard]})

    def piece(self, start: int, stop: int) -> "Roster":
        """Of a part, only the members at these positions."""
        return Roster({shard: found[start:stop] for shard, found in self.members.items()})

    def sensor_ids(self) -> tuple[str, ...]:
        """Sensors of all members, shard after shard."""
        return tuple(member.sensor_id for member in self.all())

    def all(self) -> Iterable[Member]:
        """Every member, shard after shard."""
        return (member for shard in sorted(self.members) for member in self.members[shard])

    def fingerprint(self) -> str:
        """Canonical text of all members."""
        return canonical_json([member.key() for member in self.all()])


def make_roster(
    sensors: pl.DataFrame,
    assigned: Mapping[str, str] | Mapping[str, tuple[str, ...]],
    excluded: Mapping[str, Periods],
    *,
    rules: Mapping[str, SensorRules] = NOBODY_BOUND,
) -> Roster:
    """Gather the members of a task.

    Args:
        sensors: ``sensor_id``, ``shard``, ``rule_value``; sorted ids within a shard follow from it.
        assigned: by sensor its recipe or baseline, or several recipes that compete; sensors that
            are not in it take no part.
        excluded: left-out periods by sensor.
        rules: what forecasts must keep, by sensor.
    """
    members: dict[int, list[Member]] = {}
    table = sensors.sort("sensor_id").select("sensor_id", "shard", "rule_value")
    for sensor_id, shard, rule_value in table.iter_rows():
        if sensor_id in assigned:
            names = assigned[sensor_id]
            first, *rivals = (names,) if isinstance(names, str) else names
            member = Member(
                sensor_id,
                first,
                excluded.get(sensor_id, ()),
                SensorFacts(rule_value=rule_value),
                rules.get(sensor_id, NO_RULES),
                tuple(rivals),
            )
            members.setdefault(shard, []).append(member)
    return Roster({shard: tuple(found) for shard, found in members.items()})


def assign(sensors: pl.DataFrame, assignment: Assigns[Chosen_co]) -> dict[str, Chosen_co]:
    """The baseline or the recipes of each sensor: by its id, else its cohort, else the default."""
    pairs = sensors.select("sensor_id", "cohort").iter_rows()
    return {sensor_id: assignment.of(sensor_id, cohort) for sensor_id, cohort in pairs}


def ids_by_shard(sensors: pl.DataFrame) -> dict[int, tuple[str, ...]]:
    """Sorted sensor ids of each shard."""
    grouped: dict[int, list[str]] = {}
    for sensor_id, shard in sensors.sort("sensor_id").select("sensor_id", "shard").iter_rows():
        grouped.setdefault(shard, []).append(sensor_id)
    return {shard: tuple(ids) for shard, ids in grouped.items()}
