"""``fleet changelog``: what changed in an environment, why, and who approved it."""

from typing import TYPE_CHECKING

import click

from modelfleet.commands.options import command_options, print_json

if TYPE_CHECKING:
    from modelfleet.commands.opening import Opened
    from modelfleet.fleet.changelog import Change

__all__ = ["changelog"]


@click.command()
@click.option("--last", type=click.IntRange(min=1), default=None, help="Only so many entries.")
@command_options
def changelog(last: int | None, env: str | None, *, as_json: bool) -> None:
    """Show what changed, why, and who approved it, as Markdown."""
    from modelfleet.commands.opening import open_releases
    from modelfleet.fleet.changelog import changelog_document, changelog_text

    opened = open_releases(env)
    document = changelog_document(opened.environment, _changes(opened, last))
    if as_json:
        print_json(document)
        return
    click.echo(changelog_text(document), nl=False)


def _changes(opened: "Opened", last: int | None) -> "list[Change]":
    first = max(0, len(opened.entries) - last) if last else 0
    return [_change(opened, place) for place in range(first, len(opened.entries))]


def _change(opened: "Opened", place: int) -> "Change":
    """What the entry at a place (from 0 on) changed against the one before."""
    from modelfleet.fleet.changelog import Change

    entry = opened.entries[place]
    earlier: dict[str, str] = dict(opened.entries[place - 1].serves) if place else {}
    moved = {c: rid for c, rid in entry.serves.items() if earlier.get(c) != rid}
    before = {cohort: earlier[cohort] for cohort in moved if cohort in earlier}
    requested, approved = opened.people(entry)
    return Change(
        position=place + 1,
        at=entry.at.isoformat(),
        kind=entry.kind,
        moved=moved,
        before=before,
        by=entry.by,
        reason=entry.reason,
        requested_by=requested,
        approved_by=approved,
        diff=opened.difference(moved, before),
    )
