"""``fleet diff``: what a release changes for which sensors."""

from typing import Any

import click

from modelfleet.commands.options import command_options, print_json

__all__ = ["WORST", "diff"]

WORST = 12
"""Changes that are listed unasked."""


@click.command()
@click.argument("rid")
@click.argument("before", required=False)
@click.option("--cohort", "cohorts", multiple=True, help="Only this cohort; may be repeated.")
@click.option("--sensor", "sensor_id", default=None, help="Only this sensor.")
@click.option("--all", "everything", is_flag=True, help="List every change, not the worst dozen.")
@command_options
def diff(
    rid: str,
    before: str | None,
    cohorts: tuple[str, ...],
    sensor_id: str | None,
    env: str | None,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Show what release RID changes for which sensors.

    It is compared with release BEFORE, or with what is live.
    """
    from modelfleet.commands.diff_text import format_diff

    limit = None if everything else WORST
    document = _document(env, rid, before, cohorts=cohorts, sensor_id=sensor_id, limit=limit)
    if as_json:
        print_json(document)
        return
    click.echo(format_diff(document), nl=False)


def _document(
    env: str | None,
    rid: str,
    before: str | None,
    *,
    cohorts: tuple[str, ...],
    sensor_id: str | None,
    limit: int | None,
) -> dict[str, Any]:
    from modelfleet.commands.opening import open_releases
    from modelfleet.domain.errors import DataError, listing
    from modelfleet.fleet.diff_document import diff_document

    opened = open_releases(env)
    after = opened.find(rid)
    serves = opened.live if before is None else opened.whole(opened.find(before))
    found = opened.difference(opened.whole(after), serves)
    if unknown := sorted(set(cohorts) - set(found.sensors["cohort"])):
        raise DataError(f"no sensor of either release is of the cohort {listing(unknown)}")
    if cohorts or sensor_id is not None:
        found = found.only(cohorts=cohorts or None, sensor_id=sensor_id)
    if found.sensors.is_empty():
        raise DataError(f"neither release knows the sensor {sensor_id!r} here")
    holds = opened.holds(after)
    return diff_document(found, after=after, before=serves, holds=holds, limit=limit)
