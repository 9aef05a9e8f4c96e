"""A process that loads while the run does something else."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool

import pytest

from modelfleet.fleet import aside


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
    dies = aside._waiting[0].process.submit(os._exit, 1)
    with pytest.raises(BrokenProcessPool):
        dies.result()
    assert aside.run_aside("os", die_unless, os.getpid()) == os.getpid()
