"""The calendar of events as it would be used by the next run: of the catalog, and as configured."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelfleet.domain.errors import DataError, listing

if TYPE_CHECKING:
    import polars as pl

    from modelfleet.commands.project import Assets
    from modelfleet.domain.parameters.events import EventEntry

__all__ = ["EventCalendar", "open_calendar"]

NEAR = 5
RECENT_KEY = ("event_id", "start", "end")


@dataclass(frozen=True, eq=False)
class EventCalendar:
    """Events of an environment, and the fleet they concern.

    Attributes:
        fleet: name of the fleet.
        time_zone: of its local calendar.
        sensors: the fleet.
        events: of the catalog as last ingested, and of the configuration as it is now.
        ran: what the last ingestion knew.
        scope: metadata columns by which events concern sensors.
        kinds: that are left out.
    """

    fleet: str
    time_zone: str
    sensors: "pl.DataFrame"
    events: "pl.DataFrame"
    ran: "pl.DataFrame"
    scope: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns by which an entry may concern sensors."""
        from modelfleet.fleet.event_scope import BY_NAME

        return tuple(dict.fromkeys((*BY_NAME, *self.scope)))

    def rows(self) -> list[dict[str, Any]]:
        """One row per event, see :func:`~modelfleet.fleet.event_table.event_rows`.

        ``in_a_run`` says whether the last ingestion knew it.
        """
        from modelfleet.fleet.event_table import event_rows

        known = set(self.ran.select(RECENT_KEY).iter_rows())
        rows = event_rows(self.events, self.sensors, scope=self.scope, kinds=self.kinds)
        return [{**row, "in_a_run": tuple(row[n] for n in RECENT_KEY) in known} for row in rows]

    def check_known(self, column: str, values: Sequence[str]) -> None:
        """Refuse values that no sensor has.

        Raises:
            DataError: names them with what is near, and the column that has them; or events
                concern nobody by that column.
        """
        if column not in self.columns:
            raise DataError(
                f"there is no column {column!r} in the scope of events, ingestion.events.scope; "
                f"there are {listing(self.scope)}"
            )
        known = set(self.sensors[column].drop_nulls().cast(str))
        unknown = [value for value in values if value not in known]
        if not unknown:
            return
        near = difflib.get_close_matches(unknown[0], sorted(known), n=NEAR)
        elsewhere = [
            f"--where {other}={unknown[0]}"
            for other in self.scope
            if other != column and unknown[0] in set(self.sensors[other].drop_nulls().cast(str))
        ]
        hints = [*([f"near to it: {listing(near)}"] if near else []), *elsewhere]
        raise DataError(
            f"no sensor of the fleet {self.fleet!r} has {column} {listing(unknown)}; "
            + ("; or ".join(hints) or f"there are {listing(sorted(known))}")
        )


def open_calendar(assets: "Assets") -> EventCalendar:
    """The calendar of an environment.

    Raises:
        ConfigurationError: the configuration is wrong.
        DataError: nothing was ingested yet, or by an earlier version.
    """
    import polars as pl

    from modelfleet.fleet.event_entries import CATALOG, add_entries
    from modelfleet.fleet.event_scope import BY_NAME

    parameters = assets.parameters()
    entries = _entries(parameters)
    ran, fleet = _read(assets, "events"), parameters["fleet"]
    scope = tuple(parameters["ingestion"]["events"].get("scope") or ())
    columns = tuple(dict.fromkeys((*BY_NAME, *scope)))
    if missing := [name for name in (*columns, "source") if name not in ran.columns]:
        raise DataError(
            f"the table of events has no {listing(missing)}: it was made before the configuration "
            "was changed; run `kedro run --pipelines ingestion`"
        )
    typed = ran.cast(dict.fromkeys((*columns, "note", "by"), pl.String))
    typed = typed.with_columns(pl.col("start", "end").cast(pl.Datetime("us", "UTC")))
    events = add_entries(typed.filter(pl.col("source") == CATALOG), entries, columns=columns)
    kinds = tuple(parameters["backtest"].get("exclude_events") or ())
    zone, sensors = fleet["time_zone"], _read(assets, "sensors")
    return EventCalendar(fleet["name"], zone, sensors, events, typed, scope, kinds)


def _entries(parameters: dict[str, Any]) -> "dict[str, EventEntry]":
    """The fleet's entries; what is wrong with them is told as before a run, with all else."""
    from pydantic import ValidationError

    from modelfleet.domain.parameters.events import EventParameters

    try:
        found = EventParameters.model_validate(parameters.get("events") or {})
    except ValidationError:
        from modelfleet.domain.parameters.check import check_parameters

        check_parameters(parameters)
        raise
    return found.of(parameters["fleet"]["name"])


def _read(assets: "Assets", name: str) -> "pl.DataFrame":
    """A small table, without pandas, which takes a second to load."""
    import polars as pl

    if not assets.exists(name):
        assets.load(name)  # says what is to be done
    return pl.read_parquet(assets.place(name), glob=False)
