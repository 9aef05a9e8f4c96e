"""Entries of the calendar in the configuration, as rows of the table of events."""

import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

import polars as pl

from modelfleet.domain.errors import ConfigurationError, listing
from modelfleet.domain.parameters.events import EventEntry
from modelfleet.fleet.event_overlap import BY_ENTRY, BY_KIND, NEVER

__all__ = ["CATALOG", "CONF", "PLACE", "add_entries"]

logger = logging.getLogger(__name__)

CATALOG = "catalog"
CONF = "conf"
PLACE = "events.calendar in conf/ (parameters_events.yml)"
"""What errors call the calendar of the configuration."""

SAID = {None: BY_KIND, True: BY_ENTRY, False: NEVER}

Row = dict[str, Any]


def add_entries(
    events: pl.DataFrame, entries: Mapping[str, EventEntry], *, columns: Sequence[str]
) -> pl.DataFrame:
    """Lay the entries of the configuration beside the events of the catalog.

    Args:
        events: of the catalog, from :func:`~modelfleet.fleet.ingest.events.read_events`.
        entries: of this fleet, by id.
        columns: of the scope.

    Returns:
        one table with a row for each sensor or cohort that an entry names, sorted by start. Events
        of one kind that concern the same sensors at the same time are logged as a warning where one
        of them is an entry: hours that are left out twice are left out once.

    Raises:
        ConfigurationError: an entry has the id of an event of the catalog.
    """
    twice = sorted(set(entries) & set(events["event_id"].drop_nulls()))
    if twice:
        raise ConfigurationError(
            f"{PLACE}: {listing(twice)} is the id of an event of raw_events, too; give the entry "
            "another id"
        )
    rows = [row for name, entry in entries.items() for row in _rows(name, entry, columns)]
    whole = pl.concat([events, pl.DataFrame(rows, schema=events.schema)]).sort("start", "event_id")
    _warn_of_doubles(whole, columns)
    return whole


def _rows(name: str, entry: EventEntry, columns: Sequence[str]) -> Iterator[Row]:
    for sensor, cohort in itertools.product(entry.sensor or (None,), entry.cohort or (None,)):
        scope = {**entry.where, "sensor_id": sensor, "cohort": cohort}
        yield {
            "event_id": name,
            "kind": entry.kind,
            "start": entry.start.astimezone(UTC),
            "end": entry.end.astimezone(UTC),
            "note": entry.reason,
            **{column: scope.get(column) for column in columns},
            "source": CONF,
            "excluded": SAID[entry.excluded],
            "by": entry.by,
        }


def _warn_of_doubles(events: pl.DataFrame, columns: Sequence[str]) -> None:
    """Name the entries that say again what another event says."""
    same = ["kind", *columns]
    for _, group in events.group_by(same, maintain_order=True):
        for one, other in itertools.pairwise(group.iter_rows(named=True)):
            named = one["event_id"] != other["event_id"] and CONF in {
                one["source"],
                other["source"],
            }
            if named and other["start"] < one["end"]:
                logger.warning(
                    "%s: %s and %s are both of kind %r, concern the same sensors and overlap; "
                    "their hours count once, or correct one of them",
                    *(PLACE, repr(one["event_id"]), repr(other["event_id"]), one["kind"]),
                )
