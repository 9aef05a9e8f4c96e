"""``fleet diff``: what a release changes for which sensors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.options import command_options, print_json

if TYPE_CHECKING:
    from modelfleet.commands.opening import Opened

__all__ = ["WORST", "diff"]

WORST = 12
"""Changes that are listed unasked."""


@click.command()
@click.argument("rid", required=False)
@click.argument("before", required=False)
@click.option(
    "--against",
    metavar="ENV",
    default=None,
    help="Compare with what is live in ENV, or with its release BEFORE; nothing is written there.",
)
@click.option("--cohort", "cohorts", multiple=True, help="Only this cohort; may be repeated.")
@click.option("--sensor", "sensor_id", default=None, help="Only this sensor.")
@click.option("--all", "everything", is_flag=True, help="List every change, not the worst dozen.")
@command_options
def diff(
    rid: str | None,
    before: str | None,
    against: str | None,
    env: str | None,
    *,
    cohorts: tuple[str, ...],
    sensor_id: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Show what release RID changes for which sensors.

    It is compared with release BEFORE, or with what is live; with --against, in another
    environment. There RID may be left out: it is the release of this environment's last run.
    """
    from modelfleet.commands.diff_text import format_diff

    if rid is None and against is None:
        raise click.UsageError("Missing argument 'RID'; with --against ENV it may be left out.")
    document = _document(
        _compared(env, rid, before, against),
        cohorts=cohorts,
        sensor_id=sensor_id,
        limit=None if everything else WORST,
    )
    if as_json:
        print_json(document)
        return
    click.echo(format_diff(document), nl=False)


@dataclass(frozen=True)
class _Compared:
    """A release and what it is compared with, perhaps in another environment.

    Attributes:
        opened: where the release is.
        after: its name.
        other: where that is which it is compared with.
        before: cohort to release there.
    """

    opened: "Opened"
    after: str
    other: "Opened"
    before: Mapping[str, str]


def _compared(
    env: str | None, rid: str | None, before: str | None, against: str | None
) -> _Compared:
    from modelfleet.commands.opening import open_releases

    opened = open_releases(env)
    other = opened if against is None else open_releases(against)
    prefix = rid or opened.assets.load("run_summary")["release"]
    serves = other.live if before is None else other.whole(other.find(before))
    return _Compared(opened, opened.find(prefix), other, serves)


def _document(
    compared: _Compared,
    *,
    cohorts: tuple[str, ...],
    sensor_id: str | None,
    limit: int | None,
) -> dict[str, Any]:
    from modelfleet.domain.errors import DataError, listing
    from modelfleet.fleet.diff_document import diff_document
    from modelfleet.fleet.release_diff import compare_services

    opened, after, serves = compared.opened, compared.after, compared.before
    found = compare_services(compared.other.served(serves), opened.service(after))
    if unknown := sorted(set(cohorts) - set(found.sensors["cohort"])):
        raise DataError(f"no sensor of either release is of the cohort {listing(unknown)}")
    if cohorts or sensor_id is not None:
        found = found.only(cohorts=cohorts or None, sensor_id=sensor_id)
    if found.sensors.is_empty():
        raise DataError(f"neither release knows the sensor {sensor_id!r} here")
    document = diff_document(
        found, after=after, before=serves, holds=opened.holds(after), limit=limit
    )
    return {**document, **_origins(compared)}


def _origins(compared: _Compared) -> dict[str, Any]:
    """Where both are from, and in what they differ before anything is computed."""
    from modelfleet.stores.release_inputs import differing_inputs, inputs_of

    opened, other = compared.opened, compared.other
    made = inputs_of(opened.store, compared.after)
    others = sorted(set(compared.before.values()) - {compared.after})
    return {
        "environment": opened.environment,
        "against": other.environment,
        "inputs": {rid: differing_inputs(inputs_of(other.store, rid), made) for rid in others},
    }
