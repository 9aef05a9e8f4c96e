"""``fleet request``: ask for a release to go live."""

from typing import TYPE_CHECKING

import click

from modelfleet.commands.options import (
    cohort_option,
    command_options,
    key_option,
    print_json,
    reason_option,
    yes_option,
)

if TYPE_CHECKING:
    from modelfleet.stores.governance import RequestState

__all__ = ["request"]


@click.command()
@click.argument("rid")
@reason_option
@cohort_option
@click.option("--clear", "holds", multiple=True, help="A reason to hold it that you looked into.")
@click.option("--days", default=7.0, show_default=True, help="Days until it counts no more.")
@key_option
@yes_option
@command_options
def request(
    rid: str,
    env: str | None,
    *,
    reason: str,
    cohorts: tuple[str, ...],
    holds: tuple[str, ...],
    days: float,
    key: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Ask for release RID to go live, signed with your SSH key."""
    from modelfleet.commands import acting, afterwards
    from modelfleet.commands.opening import open_to_act
    from modelfleet.stores.governance import find_key, make_request

    opened = open_to_act(env)
    release, signer = opened.find(rid), find_key(key)
    title = f"Request for {release[:12]} to serve {', '.join(cohorts) or 'all its cohorts'}"
    changes = acting.preview(opened, release, cohorts, title=title, as_json=as_json)
    acting.ask("Sign and send this request?", yes=yes)
    state = make_request(
        opened.governance,
        release,
        reason=reason,
        key=signer,
        cohorts=cohorts or None,
        holds=holds,
        days=days,
        outbox=acting.outbox_of(opened),
    )
    if as_json:
        found = acting.request_document(state)
        print_json({"schema": 1, "request": found, "changes": changes["total"]})
    else:
        _tell(state, env)
    afterwards.follow_up(opened.assets, live=False)


def _tell(state: "RequestState", env: str | None) -> None:
    from modelfleet.commands import acting

    until = f"{state.request.expires:%Y-%m-%d %H:%M} UTC"
    click.echo(f"Requested: {state.id[:12]} by {state.request.requested_by}, until {until}")
    acting.tell_waiting(state.waiting)
    place = f" --env {env}" if env else ""
    click.echo(f'Then:  modelfleet approve {state.id[:12]}{place} --reason "…"')
