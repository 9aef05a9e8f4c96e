"""``fleet status``: the last run and what is live."""

import sys

import click

from modelfleet.commands.options import SENSORS_FAILED, command_options, print_json

__all__ = ["status"]


@click.command()
@command_options
def status(env: str | None, *, as_json: bool) -> None:
    """Show the last run and what is live.

    Exits with 3 where sensors failed in that run.
    """
    from modelfleet.commands.project import load_asset
    from modelfleet.domain.errors import DataError
    from modelfleet.fleet.summary_text import format_summary

    summary = load_asset("run_summary", env)
    try:
        live = load_asset("channel", env).live()
    except DataError:
        live = {}
    if as_json:
        print_json({**summary, "live": live})
    else:
        click.echo(format_summary(summary), nl=False)
        releases = ", ".join(sorted({rid[:12] for rid in live.values()})) or "nothing"
        click.echo(f"  {'Live':<13} {releases}\n")
    if summary["outcomes"]["failed"]:
        sys.exit(SENSORS_FAILED)
