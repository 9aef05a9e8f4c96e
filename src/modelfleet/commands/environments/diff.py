"""``fleet env diff``: what differs between two environments."""

import click

from modelfleet.commands.options import json_option, print_json

__all__ = ["diff"]


@click.command("diff")
@click.argument("first", metavar="ENV")
@click.argument("second", metavar="ENV")
@json_option
def diff(first: str, second: str, *, as_json: bool) -> None:
    """Show what differs between the configurations of two environments.

    What shapes models stands first; names and places are expected to differ. Secrets are not shown,
    and credentials are not read.
    """
    from modelfleet.commands.environments.text import format_differences
    from modelfleet.commands.project import open_assets
    from modelfleet.stores.environments.differences import environment_differences

    loaders = [open_assets(name).loader for name in (first, second)]
    document = environment_differences(*loaders)
    if as_json:
        print_json(document)
        return
    click.echo(format_differences(document), nl=False)
