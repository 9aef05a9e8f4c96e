"""An entry goes into people's own file: no other line changes, and it is read as it is meant."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from modelfleet.domain.errors import ConfigurationError
from modelfleet.stores.event_file import entry_added
from tests.project import ROOT

ENTRY = {"fleet": "ltown", "from": "2018-07-20T00:00Z", "excluded": True}
SHIPPED = ROOT / "conf" / "base" / "parameters_events.yml"
OWN = """# mine

events:
    # the first of them
    calendar:
        zeta: {fleet: "ltown",   kind: 'x'} # in one line
        alpha:
            fleet: ltown # below


other: [1,  2]
"""


def read(text: str) -> Any:
    """The calendar as a run reads it."""
    return OmegaConf.to_container(OmegaConf.create(text), resolve=True)["events"]["calendar"]


def added(text: str, name: str = "new", **entry: Any) -> str:
    return entry_added(text, name, {**ENTRY, **entry}, file="f.yml")


def test_all_other_lines_stay_as_they_are() -> None:
    """Comments, quotes, order and indentation are their owner's."""
    after = added(OWN)
    block = """        new:
            fleet: ltown
            from: 2018-07-20T00:00Z
            excluded: true
"""
    place = OWN.index("\n\n\nother") + 1
    assert after == OWN[:place] + block.replace("    " * 3, " " * 10) + OWN[place:]
    assert list(read(after)) == ["zeta", "alpha", "new"]


def test_the_shipped_file_keeps_its_explanations() -> None:
    """The empty calendar is the one line that becomes another."""
    before = SHIPPED.read_text()
    after = added(added(before, "one"), "two")
    lost = [line for line in before.splitlines() if line not in after.splitlines()]
    assert [line.split("#")[0].strip() for line in lost] == ["calendar: {}"]
    assert read(after) == {"one": ENTRY, "two": ENTRY}


@pytest.mark.parametrize(
    "text",
    ["", "events:\n  calendar: {}", "events:\n  calendar: null # none\n", "events:\n  calendar:\n"],
)
def test_the_first_entry_needs_nothing_before_it(text: str) -> None:
    """Nor a file."""
    assert read(added(text)) == {"new": ENTRY}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x: [", "f.yml is no YAML"),
        ("- 1\n", "f.yml has no block events.calendar"),
        ("# nothing\n", "f.yml has no block events.calendar"),
        ("events: [1]\n", "f.yml has no block events.calendar"),
        ("events:\n  calendar: [1]\n", "f.yml has no block events.calendar"),
        ("events: {calendar: {}}\n", "f.yml has no block events.calendar"),
        ("events:\n  calendar: {a: {}}\n", "f.yml has no block events.calendar"),
        ("events:\n  calendar:\n    new: {}\n", "f.yml has an entry 'new' already"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused(text: str, message: str) -> None:
    """Nobody's file is mended by guessing."""
    with pytest.raises(ConfigurationError, match=message):
        added(text)


@pytest.mark.parametrize("reason", ["${a.b}", "see ${oc.env:HOME}"])
def test_what_stands_for_something_else_is_refused(reason: str) -> None:
    """A run would read another text than the one that was reviewed."""
    with pytest.raises(ConfigurationError, match=r"f.yml cannot say what the entry 'new' says"):
        added("", reason=reason)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["007", "yes", "1e3", "12:30", "~", "null", "1_000", "0x1F", "- a", ""]
            ),
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_text_is_read_as_it_was_written(texts: list[str]) -> None:
    """Kedro reads YAML 1.1, which takes many an id for a number or a flag."""
    if any("$" in text for text in texts):
        return
    after = added("", sensor=texts, reason=texts[0])
    assert read(after)["new"] == {**ENTRY, "sensor": texts, "reason": texts[0]}
