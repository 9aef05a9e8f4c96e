"""What a stage learned from: recorded by the node that learns, from the handle that it reads by.

A later stage would open the readings anew, and might find another version of them.
"""

from typing import Any

from modelfleet.fleet.axis import Axis
from modelfleet.fleet.roster import Periods, Roster
from modelfleet.fleet.sharded import ReadingsSource

__all__ = ["Sources", "learned_from", "periods_of"]

Sources = dict[str, Any]
"""``table_id``, ``version`` and ``shards`` (number to digest) of the readings, the ``axis``, and
``excluded``: sensor to the stretches of the grid that were left out, sensors without any absent."""


def learned_from(roster: Roster, axis: Axis, readings: ReadingsSource) -> Sources:
    """Which readings, over which period, without which stretches of it, as JSON can hold it.

    Args:
        roster: who takes part in the stage's task.
        axis: of the run.
        readings: that the task reads.
    """
    shards = {str(shard): digest for shard, digest in sorted(readings.shards().items())}
    left_out = {m.sensor_id: [list(p) for p in m.excluded] for m in roster.all() if m.excluded}
    return {**readings.identity(), "shards": shards, "axis": axis.as_dict(), "excluded": left_out}


def periods_of(sources: Sources) -> dict[str, Periods]:
    """Stretches of the grid that were left out, by sensor."""
    found = sources["excluded"].items()
    return {sensor_id: tuple((a, b) for a, b in periods) for sensor_id, periods in found}
