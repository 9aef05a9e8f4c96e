"""``fleet notices``: what people were told, and what has not reached them yet."""

from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.options import command_options, print_json, table

if TYPE_CHECKING:
    from modelfleet.commands.project import Assets
    from modelfleet.stores.outbox import ObjectOutbox, Posted

__all__ = ["notices"]

SECONDS = 60.0
"""How long ``--send`` may take: somebody waits for it."""


@click.command()
@click.option("--send", is_flag=True, help="First try again what has not reached everybody.")
@command_options
def notices(env: str | None, *, send: bool, as_json: bool) -> None:
    """List what people are told, the newest last: pending, failed or delivered.

    With --send, all that has not reached everybody is sent now, also what failed a moment ago or is
    older than a week.
    """
    from datetime import UTC, datetime

    from modelfleet.commands.project import open_assets

    assets = open_assets(env)
    outbox: ObjectOutbox = assets.load("notices")
    if send:
        _send(outbox, assets)
    posted, now = outbox.all(), datetime.now(UTC)
    if as_json:
        print_json({"schema": 1, "notices": [each.as_dict(now) for each in posted]})
        return
    rows = [_row(each, each.state(now)) for each in posted]
    click.echo(table(("at", "kind", "release", "state", "to"), rows))
    for line in _errors(posted, now):
        click.echo(line)


def _send(outbox: "ObjectOutbox", assets: "Assets") -> None:
    from modelfleet.domain.errors import ConfigurationError
    from modelfleet.stores.addresses import Addresses, read_addresses, read_owners
    from modelfleet.stores.delivery import Courier, deliver

    addresses = read_addresses(assets.loader)
    if addresses == Addresses():
        raise ConfigurationError(
            f"there is no address to send to: add `notifications` to conf/"
            f"{assets.env or 'local'}/credentials.yml, as docs/notices.md shows"
        )
    courier = Courier(addresses, read_owners(assets.loader))
    counts = deliver(outbox, courier, everything=True, seconds=SECONDS)
    told = f"{counts['delivered']} message(s) delivered, {counts['failed']} failed"
    click.echo(told, err=True)


def _row(posted: "Posted", state: str) -> tuple[str, ...]:
    notice = posted.notice
    people = ", ".join(dict.fromkeys(each.to for each in posted.deliveries)) or "nobody yet"
    return (notice.at.isoformat(), notice.kind, notice.release[:12], state, people)


def _errors(posted: "list[Posted]", now: Any) -> list[str]:
    found = [
        f"{each.notice.kind} {each.notice.release[:12]} to {one.to}, "
        f"{one.attempts} attempt(s): {error}"
        for each in posted
        for one in each.deliveries
        if (error := one.error(now))
    ]
    return ["", *found] if found else []
