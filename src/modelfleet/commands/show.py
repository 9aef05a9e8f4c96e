"""``fleet show``: what is in a release."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.options import command_options, print_json

if TYPE_CHECKING:
    from modelfleet.commands.opening import Opened

__all__ = ["show"]


@click.command()
@click.argument("rid")
@click.option("--card", is_flag=True, help="Its model card, as Markdown.")
@command_options
def show(rid: str, env: str | None, *, card: bool, as_json: bool) -> None:
    """Show what is in release RID, after checking its bytes."""
    from modelfleet.commands.opening import open_releases

    opened = open_releases(env)
    release = opened.store.open(opened.find(rid))
    if card:
        click.echo(_card(release) + _standing(opened, release), nl=False)
        return
    shown = _document(opened, release)
    if as_json:
        print_json({"schema": 1, **shown})
        return
    for name, text in _lines(opened, shown):
        click.echo(f"{name:<10} {text}")


def _card(release: Any) -> str:
    """Made anew from what was checked: also of a release that was made before there were cards."""
    import json

    from modelfleet.fleet.model_card import model_card

    configuration = json.loads(release.contents["configuration.json"])
    return model_card(release.rid, release, configuration, release.provenance)


def _standing(opened: "Opened", release: Any) -> str:
    """What the card in the release cannot say: where it stands now, and who answers for it."""
    from modelfleet.commands.release_states import state_in_words, states_of

    state, owners = states_of(opened).get(release.rid), opened.governance.owners
    words = state_in_words(state, cohorts=len(opened.live)) or "nobody asked for it"
    approved = ", ".join((state or {}).get("approved_by", ()))
    cohorts = sorted(release.table("serves")["cohort"].unique())
    return "\n".join(
        [
            f"\n## Where it stands in {opened.environment} now\n",
            f"- {words}{f'; approved by {approved}' if approved else ''}.\n",
            "| cohort | policy | owners |",
            "|---|---|---|",
            *(_owned(owners, cohort) for cohort in cohorts),
            "",
        ]
    )


def _owned(owners: Any, cohort: str) -> str:
    names = ", ".join(owners.owners_of(cohort, at=datetime.now(UTC))) or "nobody"
    return f"| {cohort} | {owners.policy_of(cohort)} | {names} |"


def _document(opened: "Opened", release: Any) -> dict[str, Any]:
    from modelfleet.commands.release_states import state_in_words, states_of
    from modelfleet.fleet.ledger import ledger_totals

    serves = release.table("serves")
    state = states_of(opened).get(release.rid)
    return {
        **opened.store.about(release.rid),
        "verified": True,
        "sensors": serves.height,
        **ledger_totals(serves),
        "holds": opened.holds(release.rid),
        "state": state,
        "text": state_in_words(state, cohorts=len(opened.live)),
        "code": release.manifest.code,
        "versions": release.manifest.versions,
        "readings": release.manifest.readings,
        "files": {entry.path: entry.size for entry in release.manifest.files},
        "provenance": release.provenance,
    }


def _lines(opened: "Opened", shown: dict[str, Any]) -> Iterator[tuple[str, str]]:
    outcomes, served = (
        ", ".join(f"{count} {name}" for name, count in shown[key].items() if count)
        for key in ("outcomes", "serves")
    )
    state, known = shown["state"] or {}, shown["provenance"]
    yield "Release", shown["rid"]
    yield "Made", f"{shown['made']} by {known.get('by', 'unknown')}"
    yield "Run", shown["run_id"]
    yield "Verified", "every byte matches the release's name"
    yield f"In {opened.environment}", shown["text"] or "nobody asked for it"
    if state.get("approved_by"):
        yield "Approved", f"by {', '.join(state['approved_by'])}"
    for pin in known.get("pins", ()):
        yield "Pinned", f"{pin['sensor']} from {pin['source'][:12]} by {pin['by']}: {pin['reason']}"
    for each in shown["holds"]:
        yield "Held by", f"{each['code']}: {each['sentence']}".rstrip(": ")
    yield "Sensors", f"{shown['sensors']}: {outcomes}"
    yield "Served by", served
    yield "Readings", _identity(known)
    yield "Libraries", ", ".join(f"{name} {v}" for name, v in shown["versions"].items())
    yield "Files", ", ".join(f"{path} ({size:,} B)" for path, size in shown["files"].items())


def _identity(provenance: dict[str, dict[str, str]]) -> str:
    readings = provenance.get("readings", {})
    return f"table {readings.get('table_id', 'unknown')}, version {readings.get('version', '?')}"
