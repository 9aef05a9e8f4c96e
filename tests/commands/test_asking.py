"""A person is asked before anything is signed: on a real terminal."""

import os
import pty
import subprocess
import sys

import pytest

CODE = """
import click
from modelfleet.commands.acting import ask

@click.command()
def sign():
    ask("Sign it?", yes=False)
    click.echo("signed")

sign()
"""


def answered(answer: str) -> tuple[int, str]:
    """Exit code and stdout of a command that asks, when somebody types that."""
    master, terminal = pty.openpty()
    os.write(master, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        stdin=terminal,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(master)
    os.close(terminal)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("answer", "code", "printed"), [("y", 0, "signed\n"), ("n", 1, ""), ("", 1, "")]
)
def test_only_a_yes_goes_on(answer: str, code: int, printed: str) -> None:
    """No is the answer of who just presses Enter; the question is not on stdout."""
    assert answered(answer) == (code, printed)
