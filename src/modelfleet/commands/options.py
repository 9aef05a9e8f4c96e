"""What the commands have in common: options, errors and output."""

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import click

from modelfleet.domain.errors import ModelfleetError

__all__ = ["SENSORS_FAILED", "command_options", "print_json", "table"]

SENSORS_FAILED = 3

P = ParamSpec("P")
R = TypeVar("R")


def command_options(function: Callable[P, R]) -> Callable[P, R]:
    """Add ``--env`` and ``--json``, and show our errors without a traceback."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ModelfleetError as error:
            raise click.ClickException(str(error)) from error

    env = click.option(
        "--env",
        "-e",
        envvar="KEDRO_ENV",
        default=None,
        help="Environment below conf/ (default: local).",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    return env(as_json(run))


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
