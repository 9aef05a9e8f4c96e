"""``fleet releases``: all releases of an environment."""

from typing import Any

import click

from modelfleet.commands.options import command_options, print_json, table

__all__ = ["releases"]


@click.command()
@command_options
def releases(env: str | None, *, as_json: bool) -> None:
    """List releases: live, waiting for whom, rejected, held."""
    from modelfleet.commands.opening import open_releases
    from modelfleet.commands.release_states import state_in_words, states_of

    opened = open_releases(env)
    store, states, cohorts = opened.store, states_of(opened), len(opened.live)
    found = sorted((store.about(rid) for rid in store.rids()), key=_made, reverse=True)
    rows = [
        {
            **about,
            "live": about["rid"] in opened.live.values(),
            "holds": [each["code"] for each in opened.holds(about["rid"])],
            "state": states.get(about["rid"]),
            "text": state_in_words(states.get(about["rid"]), cohorts=cohorts),
        }
        for about in found
    ]
    if as_json:
        print_json({"schema": 1, "environment": opened.environment, "releases": rows})
        return
    cells = [(r["rid"][:12], r["made"], r["run_id"], _text(r)) for r in rows]
    click.echo(table(("release", "made", "run", "state"), cells))


def _text(row: dict[str, Any]) -> str:
    held = f"held: {', '.join(row['holds'])}" if row["holds"] and not row["live"] else ""
    return "; ".join(part for part in (row["text"], held) if part)


def _made(about: dict[str, Any]) -> str:
    return str(about["made"])
