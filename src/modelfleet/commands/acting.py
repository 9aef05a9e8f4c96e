"""What commands that change something do first: show what will change, and ask."""

import sys
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.refusals import refusal_lines

if TYPE_CHECKING:
    from modelfleet.commands.opening import Opened

__all__ = [
    "ask",
    "find_request",
    "outbox_of",
    "outcome_document",
    "preview",
    "request_document",
    "tell_outcome",
    "tell_waiting",
]

WORST = 5


def preview(
    opened: "Opened", rid: str, cohorts: Collection[str] | None, *, title: str, as_json: bool
) -> dict[str, Any]:
    """Show in short what it changes when a release serves cohorts: on stderr, if JSON follows.

    Args:
        opened: releases of the environment.
        rid: the release that will serve.
        cohorts: for which; ``None`` for all that it knows.
        title: what is about to be done.
        as_json: stdout is for JSON.

    Returns:
        the difference; see :func:`~modelfleet.fleet.diff_document.diff_document`.
    """
    from modelfleet.commands.diff_text import format_short
    from modelfleet.fleet.diff_document import diff_document

    after = {c: r for c, r in opened.whole(rid).items() if not cohorts or c in cohorts}
    before = {c: r for c, r in opened.live.items() if not cohorts or c in cohorts}
    found = opened.difference(after, before)
    document = diff_document(found, after=rid, before=before, holds=opened.holds(rid), limit=WORST)
    click.echo(f"{title} in {opened.environment}\n\n{format_short(document)}", err=as_json)
    return document


def ask(question: str, *, yes: bool) -> None:
    """Ask on a terminal; a script says ``--yes``.

    Raises:
        click.Abort: the person said no.
        click.UsageError: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask on; say --yes to go on without")
    click.confirm(question, abort=True, err=True)


def outbox_of(opened: "Opened") -> Any:
    """Where owners are told from."""
    return opened.assets.load("notices")


def find_request(opened: "Opened", prefix: str) -> Any:
    """The request that a person means: by its own name, or the newest open one for a release.

    Returns:
        a :class:`~modelfleet.stores.governance.RequestState`.

    Raises:
        ReleaseError: there is none, or more than one.
    """
    from modelfleet.commands.opening import check_prefix
    from modelfleet.domain.errors import ReleaseError, listing
    from modelfleet.stores.governance import request_states

    states = request_states(opened.governance)
    check_prefix(prefix)
    found = [each for each in states if each.id.startswith(prefix)]
    if not found:
        found = [each for each in states if each.request.release.startswith(prefix)]
        found = [each for each in found if each.state == "open"] or found[:1]
    if len(found) != 1:
        names = listing(each.id[:12] for each in found)
        what = f"may be one of the requests {names}" if found else "is no request here"
        raise ReleaseError(f"{prefix!r} {what}; `modelfleet releases` shows what waits")
    return found[0]


def request_document(state: Any) -> dict[str, Any]:
    """A request and how far it has come, as JSON can hold it."""
    return {
        "id": state.id,
        **state.request.model_dump(mode="json", exclude={"version"}),
        "state": state.state,
        "live": list(state.live),
        "waiting": {cohort: list(names) for cohort, names in state.waiting.items()},
        "rejected": list(state.rejected),
        "refusals": [vars(each) for each in state.refusals],
        "decisions": [
            each.model_dump(mode="json", exclude={"version"}) for each in state.decisions
        ],
    }


def outcome_document(outcome: Any) -> dict[str, Any]:
    """What became of a decision or a rollback, as JSON can hold it."""
    return {
        "schema": 1,
        "document": outcome.document,
        "request": outcome.request,
        "position": outcome.position,
        "live": list(outcome.live),
        "waiting": {cohort: list(names) for cohort, names in outcome.waiting.items()},
        "refusals": [vars(each) for each in outcome.refusals],
    }


def tell_outcome(outcome: Any, *, done: str) -> None:
    """Say what became of a decision or a rollback.

    Args:
        outcome: see :class:`~modelfleet.stores.governance.Outcome`.
        done: what was done, such as ``Approved``.
    """
    click.echo(f"{done}: {outcome.document[:12]}")
    if outcome.live:
        click.echo(f"Live for {', '.join(outcome.live)} (entry {outcome.position})")
    tell_waiting(outcome.waiting)
    for line in refusal_lines(outcome.refusals):
        click.echo(f"Not done: {line}")


def tell_waiting(waiting: Mapping[str, Sequence[str]]) -> None:
    """Say which cohorts wait, and for whom."""
    cohorts: dict[tuple[str, ...], list[str]] = {}
    for cohort, names in waiting.items():
        cohorts.setdefault(tuple(names), []).append(cohort)
    for names, named in cohorts.items():
        who = " or ".join(names) or "nobody, for there is no owner"
        click.echo(f"Waiting for {who}: {', '.join(named)}")
