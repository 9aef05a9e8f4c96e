"""The commands of people: ``modelfleet …`` and, the same, ``kedro fleet …``.

Nothing heavy is imported here: ``modelfleet --help`` answers at once.

Exit codes: 0 done, 1 error, 2 usage, 3 sensors failed, 4 refused by a gate or policy.
"""

import click

from modelfleet.commands.ledger import ledger
from modelfleet.commands.notices import notices
from modelfleet.commands.releases import releases
from modelfleet.commands.show import show
from modelfleet.commands.status import status
from modelfleet.commands.why import why

__all__ = ["commands", "fleet", "main"]


@click.group(name="fleet", context_settings={"help_option_names": ["-h", "--help"]})
def fleet() -> None:
    """Look at the fleet: what serves each sensor, and why.

    Run from anywhere inside the project. With --json, stdout carries JSON alone; logs go to stderr.
    """


for command in (status, ledger, why, releases, show, notices):
    fleet.add_command(command)

commands = click.Group("modelfleet", commands={"fleet": fleet})
"""What Kedro adds to its own commands."""


def main() -> None:
    """Entry point of the console script ``modelfleet``."""
    fleet(prog_name="modelfleet")
