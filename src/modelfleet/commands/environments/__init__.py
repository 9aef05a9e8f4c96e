"""``fleet env``: the environments of the project."""

import click

from modelfleet.commands.environments.diff import diff
from modelfleet.commands.environments.listing import listing

__all__ = ["env"]


@click.group()
def env() -> None:
    """Look at the environments: list them, compare two."""


env.add_command(listing)
env.add_command(diff)
