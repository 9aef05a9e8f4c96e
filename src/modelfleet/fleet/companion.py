"""A process that loads libraries and then calls functions, one after the other, as it is asked.

A pool of one worker would do, but for its end: it finishes what it has begun, so that a run which
is refused in its first second would wait until everything is loaded. This one is killed.
"""

import atexit
import importlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from modelfleet.fleet.processes import ONE_THREAD, begin_work

__all__ = ["Companion", "CompanionDiedError"]

SERVE = "import sys; from modelfleet.fleet.companion import serve; serve(sys.argv[1:])"


class CompanionDiedError(Exception):
    """The process is gone, whoever ended it."""


class Companion:
    """The process, seen from the run that started it.

    Args:
        modules: what it loads, in this order, before it is asked anything.
        env: settings that only it gets.
    """

    def __init__(self, modules: Sequence[str], *, env: Mapping[str, str]) -> None:
        path = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
        self._child = subprocess.Popen(  # noqa: S603  this very interpreter
            [sys.executable, "-P", "-c", SERVE, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, **ONE_THREAD, **env},
        )
        self._questions: Any = self._child.stdin
        self._told: Any = self._child.stdout
        self._asked = 0
        self._answers: list[tuple[bool, Any]] = []
        atexit.register(self.kill)

    def ask(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> int:
        """Have a function called, and go on; the number of the answer.

        What was asked before is waited for: an answer that nobody reads may fill its pipe while the
        next question fills the other one, and then neither side would go on.

        Raises:
            CompanionDiedError: it cannot be asked.
        """
        asked = pickle.dumps((function, arguments, named))
        self._hear(self._asked)
        try:
            self._questions.write(asked)
            self._questions.flush()
        except (OSError, ValueError) as error:
            raise CompanionDiedError from error
        self._asked += 1
        return self._asked

    def answer(self, number: int) -> Any:
        """What the function returned; waits for it.

        Raises:
            CompanionDiedError: it died before it could tell.
            Exception: what the function raised.
        """
        self._hear(number)
        returned, told = self._answers[number - 1]
        if returned:
            return told
        raise told

    def _hear(self, number: int) -> None:
        """Wait until so many answers are there."""
        while len(self._answers) < number:
            try:
                self._answers.append(pickle.load(self._told))  # noqa: S301  ours
            except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
                raise CompanionDiedError from error

    def leave(self) -> None:
        """Nothing more is asked: it ends when it has answered."""
        with suppress(OSError):
            self._questions.close()

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        atexit.unregister(self.kill)
        self._child.kill()
        self._child.wait()
        self.leave()
        self._told.close()


def serve(modules: Sequence[str]) -> None:
    """In the process: load, and answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides what an interrupt ends
    begin_work(os.getppid())
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    for module in modules:
        with suppress(Exception):  # whoever needs it will tell
            importlib.import_module(module)
    while True:
        try:
            function, arguments, named = pickle.load(sys.stdin.buffer)  # noqa: S301  from the run
        except EOFError:
            return
        answers.write(_told(function, arguments, named))
        answers.flush()


def _told(function: Callable[..., Any], arguments: Any, named: Any) -> bytes:
    try:
        return pickle.dumps((True, function(*arguments, **named)))
    except Exception as error:  # noqa: BLE001  raised again by the run
        return pickle.dumps((False, error))
