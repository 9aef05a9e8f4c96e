"""``fleet events``: the calendar, and what of it is left out of learning."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import click

from modelfleet.commands.options import command_options, print_json, table

__all__ = ["event_document", "events", "told_exclusion"]

HEADER = ("event", "kind", "from", "to", "concerns", "sensors", "hours", "left out", "of")
BY = {"entry": "yes, by its entry", "kind": "yes, as its kind"}


@click.command()
@click.option("--excluded", is_flag=True, help="Only what is left out.")
@click.option("--sensor", "sensor_id", default=None, help="Only what concerns this sensor.")
@command_options
def events(env: str | None, sensor_id: str | None, *, excluded: bool, as_json: bool) -> None:
    """Show the calendar: known periods, whom they concern, and what is left out of learning.

    Events of the catalog are those of the last ingestion, entries of conf/ are as they are now.
    """
    from modelfleet.commands.calendar import open_calendar
    from modelfleet.commands.project import open_assets

    calendar = open_calendar(open_assets(env))
    if sensor_id is not None:
        calendar.check_known("sensor_id", [sensor_id])
    rows = [
        row
        for row in calendar.rows()
        if (row["excluded"] or not excluded)
        if sensor_id is None or sensor_id in row["sensors"]
    ]
    if as_json:
        shown = [event_document(row) for row in rows]
        print_json(
            {
                "schema": 1,
                "fleet": calendar.fleet,
                "excluded_kinds": list(calendar.kinds),
                "events": shown,
            }
        )
        return
    click.echo(_told(rows, calendar.sensors.height))


def event_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the calendar as JSON can hold it."""
    times = {name: row[name].isoformat() for name in ("start", "end")}
    return {**row, **times}


def told_exclusion(row: Mapping[str, Any]) -> str:
    """Whether something is left out, in words."""
    new = "" if row.get("in_a_run", True) else "; not yet in a run"
    return BY.get(row["excluded_by"], "no") + new


def _told(rows: Sequence[Mapping[str, Any]], fleet: int) -> str:
    if not rows:
        return "no events"
    cells = [
        (
            row["event_id"] or "–",
            row["kind"],
            *(f"{row[name].astimezone(UTC):%Y-%m-%d %H:%M}" for name in ("start", "end")),
            row["concerns"],
            f"{len(row['sensors'])} of {fleet}",
            f"{row['hours']:,.0f}",
            told_exclusion(row),
            row["source"],
        )
        for row in rows
    ]
    count = sum(row["excluded"] for row in rows)
    return f"{table(HEADER, cells)}\n\n{len(rows)} events in UTC, {count} of them left out"
