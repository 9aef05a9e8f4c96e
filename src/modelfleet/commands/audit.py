"""``fleet audit``: verify everything, and say who did what when."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from modelfleet.commands.options import command_options, print_json

__all__ = ["audit"]

UNSOUND = 1


@click.command()
@command_options
def audit(env: str | None, *, as_json: bool) -> None:
    """Verify channel, signatures and releases; who did what when.

    Every byte of every release that the channel names is checked.

    Exits with 1 where anything is not proved.
    """
    from modelfleet.commands.project import load_asset
    from modelfleet.stores import governance

    report = governance.audit(load_asset("approvals", env))
    document = report.document()
    if as_json:
        print_json(document)
    else:
        click.echo("\n".join(_lines(document)))
    if not report.sound:
        sys.exit(UNSOUND)


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    count = len(document["entries"])
    yield (
        f"Channel of {document['environment']}: {count} {'entry' if count == 1 else 'entries'}, "
        + ("everything is proved" if document["sound"] else "NOT everything is proved")
    )
    for entry in document["entries"]:
        yield ""
        yield from _entry(entry)
    yield from _section("Releases", _releases(document))
    yield from _section("Requests that made nothing live", _requests(document))
    yield from _section("Settled since", map(_problem, document["notes"]))
    yield from _section("Problems", map(_problem, document["problems"]))


def _entry(entry: Mapping[str, Any]) -> Iterator[str]:
    proved = "proved" if entry["proved"] else "NOT PROVED"
    when = entry["at"][:16].replace("T", " ")
    yield f"{entry['position']}. {when} UTC, {entry['kind']}, {proved}"
    yield f"   what       {_changes(entry['changes'])}"
    yield f"   why        {entry['reason']}"
    if entry["request"] is None:
        yield f"   by policy  in the run of {entry['by']}"
        return
    yield f"   asked      {_signed(entry['request'], 'requested')}"
    for decision in filter(None, entry["decisions"]):
        yield f"   {decision.get('decision', 'decision'):<10} {_signed(decision, 'decided')}"
        yield f"   because    {decision.get('reason', '')}"
    for cohort, found in entry["refusals"].items():
        for sentence in found:
            yield f"   AGAINST    {cohort}: {sentence}"


def _changes(changes: Mapping[str, Mapping[str, str | None]]) -> str:
    """Cohorts by what they moved from and to: thirty that move together are one line."""
    moves: dict[tuple[str, str], list[str]] = {}
    for cohort, move in changes.items():
        ends = ((move["from"] or "nothing")[:12], (move["to"] or "nothing")[:12])
        moves.setdefault(ends, []).append(cohort)
    return "; ".join(f"{a} → {b} for {', '.join(names)}" for (a, b), names in moves.items())


def _signed(paper: Mapping[str, Any], did: str) -> str:
    who, when = paper.get(f"{did}_by", "unknown"), str(paper.get(f"{did}_at", ""))[:16]
    if not paper["valid"]:
        return f"{who}, {when.replace('T', ' ')}: SIGNATURE DOES NOT COUNT ({paper['flaw']})"
    return f"{who}, {when.replace('T', ' ')} UTC, signed with {paper['key']}"


def _releases(document: Mapping[str, Any]) -> Iterator[str]:
    serving: dict[str, list[str]] = {}
    for cohort, rid in document["serves"].items():
        serving.setdefault(rid, []).append(cohort)
    for rid, state in document["releases"].items():
        serves = f", serves {', '.join(serving[rid])}" if rid in serving else ""
        yield f"{rid[:12]}  {state}{serves}"


def _requests(document: Mapping[str, Any]) -> Iterator[str]:
    for each in document["requests"]:
        if not each["live"]:
            yield (
                f"{each['id'][:12]}  {each['state']}: {each['requested_by']} asked for "
                f"{each['release'][:12]}: {each['reason']}"
            )


def _problem(problem: Mapping[str, Any]) -> str:
    return f"{problem['where']}: {problem['sentence']}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    body = [f"  {line}" for line in lines]
    if body:
        yield from ("", title, *body)
