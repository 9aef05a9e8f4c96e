"""The commands of people: ``modelfleet …`` and, the same, ``kedro fleet …``.

Nothing heavy is imported here: ``modelfleet --help`` answers at once.

Exit codes: 0 done, 1 error, 2 usage, 3 sensors failed, 4 refused by a gate or policy.
"""

import click

from modelfleet.commands.audit import audit
from modelfleet.commands.changelog import changelog
from modelfleet.commands.decide import approve, reject
from modelfleet.commands.diff import diff
from modelfleet.commands.environments import env
from modelfleet.commands.events import events
from modelfleet.commands.exclude import exclude
from modelfleet.commands.history import history
from modelfleet.commands.ledger import ledger
from modelfleet.commands.lineage import lineage
from modelfleet.commands.notices import notices
from modelfleet.commands.pin import pin
from modelfleet.commands.releases import releases
from modelfleet.commands.replay import replay
from modelfleet.commands.request import request
from modelfleet.commands.rollback import rollback
from modelfleet.commands.show import show
from modelfleet.commands.status import status
from modelfleet.commands.why import why

__all__ = ["commands", "fleet", "main"]


@click.group(name="fleet", context_settings={"help_option_names": ["-h", "--help"]})
def fleet() -> None:
    """Look at the fleet, and decide what serves: see and approve releases, go back, prove it.

    Run from anywhere inside the project. With --json, stdout carries JSON alone; logs go to stderr.
    """


LOOK = (
    status, ledger, why, history, events, releases, show, diff, changelog, lineage, replay, audit,
    notices, env,
)  # fmt: skip
ACT = (request, approve, reject, rollback, pin, exclude)

for command in (*LOOK, *ACT):
    fleet.add_command(command)

commands = click.Group("modelfleet", commands={"fleet": fleet})
"""What Kedro adds to its own commands."""


def main() -> None:
    """Entry point of the console script ``modelfleet``."""
    fleet(prog_name="modelfleet")
