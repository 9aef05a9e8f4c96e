"""``fleet approve`` and ``fleet reject``: an owner's answer to a request."""

from typing import Any, Literal

import click

from modelfleet.commands.options import print_json, signing_options

__all__ = ["approve", "reject"]


Decision = Literal["approve", "reject"]


@click.command()
@click.argument("request")
@signing_options
def approve(request: str, env: str | None, **options: Any) -> None:
    """Approve REQUEST: it goes live for the cohorts you own.

    REQUEST is the beginning of the request's name, or of the release's.
    """
    _decide("approve", request, env, **options)


@click.command()
@click.argument("request")
@signing_options
def reject(request: str, env: str | None, **options: Any) -> None:
    """Reject REQUEST: it will not go live for the cohorts you own."""
    _decide("reject", request, env, **options)


def _decide(
    decision: Decision,
    request: str,
    env: str | None,
    *,
    reason: str,
    cohorts: tuple[str, ...],
    key: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    from modelfleet.commands import acting, afterwards
    from modelfleet.commands.opening import open_to_act
    from modelfleet.stores.governance import decide, find_key

    opened, signer = open_to_act(env), find_key(key)
    state = acting.find_request(opened, request)
    asked = state.request
    wanted = cohorts or tuple(state.waiting)
    title = f"{asked.requested_by} asks for {asked.release[:12]}: {asked.reason}"
    acting.preview(opened, asked.release, wanted, title=title, as_json=as_json)
    acting.ask(f"{decision.capitalize()} it for {', '.join(wanted) or 'nothing'}?", yes=yes)
    outcome = decide(
        opened.governance,
        state.id,
        decision=decision,
        reason=reason,
        key=signer,
        cohorts=cohorts or None,
        outbox=acting.outbox_of(opened),
    )
    if as_json:
        print_json({"decision": decision, **acting.outcome_document(outcome)})
    else:
        acting.tell_outcome(outcome, done="Approved" if decision == "approve" else "Rejected")
    afterwards.follow_up(opened.assets, live=bool(outcome.live))
