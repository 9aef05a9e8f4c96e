"""A process that loads while the run does something else."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelfleet.fleet import aside
from modelfleet.fleet.companion import Companion, CompanionDiedError


@pytest.fixture(autouse=True)
def _nobody_waits() -> Iterator[None]:
    yield
    aside.dismiss()


def where(module: str) -> tuple[int, bool, str | None]:
    """The process, whether it has the module, and a setting."""
    return os.getpid(), module in sys.modules, os.environ.get("MODELFLEET_ASIDE")


def die_unless(run: int) -> int:
    """End any process but the run's."""
    if os.getpid() != run:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def refuse() -> None:
    """Raise an error of the built-in kind."""
    raise ValueError("no")


def test_the_process_has_loaded_what_it_was_told() -> None:
    """And this one has not, nor does it know the other's settings."""
    aside.prepare(["xml.dom.minidom"], env={"MODELFLEET_ASIDE": "yes"})
    process, loaded, setting = aside.run_aside("xml.dom.minidom", where, "xml.dom.minidom")
    assert process != os.getpid()
    assert loaded
    assert setting == "yes"
    assert "MODELFLEET_ASIDE" not in os.environ


def test_without_a_process_the_work_is_done_here() -> None:
    """In a notebook, or where only a part of the run is asked for."""
    assert aside.run_aside("os", where, "os") == (os.getpid(), True, None)


def test_a_process_serves_once_for_each_library() -> None:
    """The same one, in order; a library that is passed over is not asked for any more."""
    aside.prepare(["os", "xml.dom.minidom", "xml.sax.expatreader"], env={})
    process, *_ = aside.run_aside("os", where, "os")
    assert aside.run_aside("xml.sax.expatreader", where, "xml.sax.expatreader")[0] == process
    assert aside.run_aside("xml.dom.minidom", where, "os")[0] == os.getpid()


def test_a_process_serves_once() -> None:
    """It ends when it has done its work, and gives its memory back."""
    aside.prepare(["os"], env={})
    assert aside.run_aside("os", where, "os")[0] != os.getpid()
    assert aside.run_aside("os", where, "os")[0] == os.getpid()


def test_a_process_that_dies_does_not_end_the_run() -> None:
    """The work is done here instead."""
    aside.prepare(["os"], env={})
    assert aside.run_aside("os", die_unless, os.getpid()) == os.getpid()


def test_a_process_that_dies_is_not_asked_again() -> None:
    """What it was to load next is loaded here."""
    aside.prepare(["os", "xml.dom.minidom"], env={})
    aside.run_aside("os", die_unless, os.getpid())
    assert aside.run_aside("xml.dom.minidom", where, "os")[0] == os.getpid()


def test_an_error_comes_back() -> None:
    """As if the work had been done here."""
    aside.prepare(["os"], env={})
    with pytest.raises(ValueError, match="no"):
        aside.run_aside("os", refuse)


def test_who_is_dismissed_is_gone() -> None:
    """A run that ended before did not need it."""
    aside.prepare(["os"], env={})
    aside.dismiss()
    assert aside.run_aside("os", where, "os")[0] == os.getpid()


def test_this_process_goes_on_while_the_other_works() -> None:
    """What was begun is asked for later; meanwhile nobody waits."""
    aside.prepare(["os"], env={})
    answer = aside.begin_aside("os", where, "os")
    assert aside.run_aside("os", where, "os")[0] == os.getpid()
    assert answer()[0] != os.getpid()


def test_what_was_begun_without_a_process_is_done_when_asked_for() -> None:
    """Here, and not before."""
    done: list[int] = []
    answer = aside.begin_aside("os", done.append, 1)
    assert done == []
    answer()
    assert done == [1]


def test_a_process_that_died_before_it_was_asked_is_done_without() -> None:
    """It was killed while it waited, by whoever was short of memory."""
    aside.prepare(["os"], env={})
    process = aside._waiting[0].process
    with pytest.raises(CompanionDiedError):
        process.answer(process.ask(os._exit, 1))
    assert aside.run_aside("os", die_unless, os.getpid()) == os.getpid()


def test_answers_are_given_to_whoever_asked() -> None:
    """Also where the second is asked for before the first."""
    companion = Companion(["xml.dom.minidom"], env={})
    first, second = companion.ask(max, 1, 2), companion.ask(min, 1, 2)
    assert companion.answer(second) == 1
    assert companion.answer(first) == 2
    companion.leave()
    with pytest.raises(CompanionDiedError):
        companion.ask(max, 1, 2)
    companion.kill()


def test_large_questions_and_answers_do_not_wait_for_each_other() -> None:
    """An answer that nobody has read yet fills its pipe, as the next question does the other."""
    companion = Companion([], env={})
    much = b"." * 2**20
    first, second = (companion.ask(bytes, much) for _ in range(2))
    assert companion.answer(second) == companion.answer(first) == much
    companion.kill()


def test_what_libraries_print_is_no_answer(capfd: pytest.CaptureFixture[str]) -> None:
    """It goes where errors go."""
    companion = Companion([], env={})
    assert companion.answer(companion.ask(print, "seen")) is None
    companion.kill()
    assert "seen" in capfd.readouterr().err


def test_an_end_of_the_run_waits_for_nothing(tmp_path: Path) -> None:
    """A run that is refused at once does not wait until everything is loaded."""
    (tmp_path / "endless.py").write_text("import time\ntime.sleep(600)\n")
    ask = (
        "from modelfleet.fleet import aside; aside.prepare(['endless'], env={}); "
        "print(aside._waiting[0].process._child.pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
