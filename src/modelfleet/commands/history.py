"""``fleet history``: every model of one sensor, and what became of it."""

from typing import TYPE_CHECKING

import click

from modelfleet.commands.options import command_options, print_json

if TYPE_CHECKING:
    from modelfleet.commands.opening import Opened
    from modelfleet.fleet.sensor_history import Appearance, Entry

__all__ = ["history"]


@click.command()
@click.option("--sensor", "sensor_id", required=True, help="Id of the sensor, as it is known.")
@command_options
def history(sensor_id: str, env: str | None, *, as_json: bool) -> None:
    """Show every model of a sensor, and what became of it."""
    from modelfleet.commands.history_text import format_history
    from modelfleet.commands.opening import open_releases
    from modelfleet.fleet.sensor_history import sensor_history

    opened = open_releases(env)
    document = sensor_history(sensor_id, _appearances(opened, sensor_id), _entries(opened))
    if as_json:
        print_json(document)
        return
    click.echo(format_history(document), nl=False)


def _appearances(opened: "Opened", sensor_id: str) -> "list[Appearance]":
    from modelfleet.domain.errors import DataError
    from modelfleet.fleet.pinning import pinned_from
    from modelfleet.fleet.sensor_history import FIGURES, LEDGER, Appearance
    from modelfleet.stores.release_rows import rows_of_sensor

    wanted = {"serves": LEDGER, "scorecard": FIGURES}
    found = rows_of_sensor(opened.store, sensor_id, tables=wanted)
    if not found:
        raise DataError(
            f"no release knows {sensor_id!r}; `modelfleet ledger` lists the sensors of the last run"
        )
    runs = {rid: opened.provenance(rid) for rid in found}
    return [
        Appearance(
            rid,
            made=str(runs[rid].get("started_at", "")),
            by=str(runs[rid].get("by", "unknown")),
            ledger=tables["serves"],
            scorecard=tables.get("scorecard", {}),
            pinned_from=pinned_from(runs[rid], sensor_id),
        )
        for rid, tables in found.items()
    ]


def _entries(opened: "Opened") -> "list[Entry]":
    from modelfleet.fleet.sensor_history import Entry

    return [
        Entry(
            number,
            at=entry.at.isoformat(),
            kind=entry.kind,
            serves=entry.serves,
            by=entry.by,
            reason=entry.reason,
        )
        for number, entry in enumerate(opened.entries, start=1)
    ]
