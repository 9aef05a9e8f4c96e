"""``fleet rollback``: back to a release that served before, by one signature."""

import click

from modelfleet.commands.options import print_json, signing_options

__all__ = ["rollback"]


@click.command()
@click.argument("rid")
@signing_options
def rollback(
    rid: str,
    env: str | None,
    *,
    reason: str,
    cohorts: tuple[str, ...],
    key: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Go back to release RID for the cohorts you own, at once.

    It must have served them before; one signature is enough.
    """
    from modelfleet.commands import acting, afterwards
    from modelfleet.commands.opening import open_to_act
    from modelfleet.stores import governance

    opened = open_to_act(env)
    release, signer = opened.find(rid), governance.find_key(key)
    title = f"Back to {release[:12]} for {', '.join(cohorts) or 'all cohorts that you own'}"
    acting.preview(opened, release, cohorts or tuple(opened.live), title=title, as_json=as_json)
    acting.ask("Go back to it now?", yes=yes)
    outcome = governance.rollback(
        opened.governance,
        release,
        reason=reason,
        key=signer,
        cohorts=cohorts or None,
        outbox=acting.outbox_of(opened),
    )
    if as_json:
        print_json(acting.outcome_document(outcome))
    else:
        acting.tell_outcome(outcome, done="Rolled back")
    afterwards.follow_up(opened.assets, live=bool(outcome.live))
