"""docs/environments.md says of the guard what is so."""

import re
import time

from modelfleet.domain.errors import ProtectedError
from tests.benchmarks.guard import measure
from tests.project import ROOT
from tests.stores.guard.routes import ROUTES
from tests.stores.guard.table import table

PAGE = (ROOT / "docs" / "environments.md").read_text()
SECTION = re.split(r"^## ", PAGE.partition("## The guard\n")[2], flags=re.MULTILINE)[0]


def test_the_page_lists_the_ways_that_are_tried() -> None:
    """Each row is a test; `python -m tests.stores.guard.table` prints them."""
    assert len(ROUTES) == len(set(map(str, ROUTES))) >= 20
    assert table() in SECTION


def test_the_page_shows_the_declaration_of_production() -> None:
    """As it stands in conf/."""
    declared = (ROOT / "conf/production/globals.yml").read_text().partition("protected:")[2]
    shown = SECTION.partition("protected:")[2]
    assert declared.split()[:2] == shown.split()[:2] == ["-", "${storage.root}"]


def test_the_page_shows_the_words_of_a_refusal() -> None:
    """What is searched for is found."""
    told = str(ProtectedError.of("…/data/production/08_reporting/ledger.csv", owner="production"))
    assert " ".join(told.split()) in " ".join(SECTION.split())


def test_the_guard_costs_a_run_less_than_a_fifth_of_a_second() -> None:
    """CPU time of all that it does, at best: other load on the machine is not its cost."""
    assert min(measure(repeat=2, clock=time.process_time)) < 0.2
