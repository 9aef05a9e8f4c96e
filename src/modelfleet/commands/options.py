"""What the commands have in common: options, errors and output."""

import functools
import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar, cast

import click

from modelfleet.commands.refusals import refusal_lines
from modelfleet.domain.errors import ModelfleetError, RefusedError
from modelfleet.stores.denials import denial_of

if TYPE_CHECKING:
    from modelfleet.domain.approvals import Refusal

__all__ = [
    "REFUSED",
    "SENSORS_FAILED",
    "cohort_option",
    "command_options",
    "json_option",
    "key_option",
    "print_json",
    "reason_option",
    "signing_options",
    "table",
    "yes_option",
]

SENSORS_FAILED = 3
REFUSED = 4

P = ParamSpec("P")
R = TypeVar("R")

cohort_option = click.option(
    "--cohort", "cohorts", multiple=True, help="Only this cohort; may be repeated."
)
key_option = click.option(
    "--key",
    "key",
    default=None,
    help="Your SSH key (default: MODELFLEET_KEY, git's user.signingkey, ~/.ssh/id_ed25519).",
)
reason_option = click.option("--reason", required=True, help="Why, for whoever reads it later.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask; for scripts.")


def command_options(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--env`` and ``--json``, and show our errors without a traceback."""
    env = click.option(
        "--env",
        "-e",
        envvar="KEDRO_ENV",
        default=None,
        help="Environment below conf/ (default: local).",
    )
    return env(json_option(function))


def json_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--json``, and show our errors without a traceback."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except RefusedError as error:
            _refused(error, as_json=bool(kwargs.get("as_json")))
        except ModelfleetError as error:
            raise click.ClickException(str(error)) from error
        except Exception as error:
            if denial := denial_of(error):
                raise click.ClickException(str(denial)) from error
            raise

    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    return as_json(run)


def signing_options(function: Callable[P, R]) -> Callable[P, R]:
    """Add what every command takes that signs for cohorts, and what every command takes."""
    return reason_option(cohort_option(key_option(yes_option(command_options(function)))))


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows of text in aligned columns."""
    cells = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _refused(error: RefusedError, *, as_json: bool) -> NoReturn:
    """Say everything that was wrong, each once, and end with the code of a refusal."""
    if as_json:
        print_json({"schema": 1, "refused": True, "refusals": [vars(r) for r in error.refusals]})
    click.echo("Refused:", err=True)
    for sentence in refusal_lines(cast("tuple[Refusal, ...]", error.refusals)) or [str(error)]:
        click.echo(f"  {sentence}", err=True)
    sys.exit(REFUSED)
