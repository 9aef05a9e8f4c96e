"""``fleet releases``: all releases of an environment."""

from typing import Any

import click

from modelfleet.commands.options import command_options, print_json, table

__all__ = ["releases"]


@click.command()
@command_options
def releases(env: str | None, *, as_json: bool) -> None:
    """List all releases, the newest first, and which of them is live."""
    from modelfleet.commands.project import load_asset
    from modelfleet.domain.errors import DataError

    store = load_asset("release", env)
    try:
        live = set(load_asset("channel", env).live().values())
    except DataError:
        live = set()
    found = sorted((store.about(rid) for rid in store.rids()), key=_made, reverse=True)
    rows = [{**about, "live": about["rid"] in live} for about in found]
    if as_json:
        print_json({"schema": 1, "releases": rows})
        return
    cells = [(r["rid"][:12], r["made"], r["run_id"], "live" if r["live"] else "") for r in rows]
    click.echo(table(("release", "made", "run", ""), cells))


def _made(about: dict[str, Any]) -> str:
    return str(about["made"])
