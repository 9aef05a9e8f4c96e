"""What people are told, and when a run has something to tell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from modelfleet.domain.approvals import Entry
from modelfleet.fleet.announcing import announce_run
from modelfleet.fleet.notices import KINDS, Notice, notice_from, notice_title, write_notice
from modelfleet.fleet.summary_markdown import markdown_summary

NEW, OLD = "b2" * 32, "a1" * 32
AT = datetime(2026, 1, 31, 3, 17, tzinfo=UTC)
COMMANDS = [
    "modelfleet show b2b2b2b2b2b2 --env production",
    'modelfleet request b2b2b2b2b2b2 --env production --reason "…"',
]
CARD = {"rid": NEW, "started_at": AT.isoformat(), "by": "night-run"}
HOLDS = [
    {"code": "model_demotions", "sentence": "12 sensors lose their model."},
    {"code": "shock_in_loss", "sentence": "All err more in one week."},
]


@dataclass(frozen=True)
class Written:
    """A log with these entries."""

    lines: Sequence[Entry] = ()

    def entries(self) -> Sequence[Entry]:
        """The entries."""
        return self.lines


def entry(kind: Any = "automatic", **serves: str) -> Entry:
    """An entry of a log."""
    return Entry(
        position=1, before=None, kind=kind, serves=serves, at=AT, by="night-run", reason="policy"
    )  # fmt: skip


def decision(*, holds: Sequence[str] = (), **cohorts: str) -> dict[str, Any]:
    """What a run decided."""
    return {"cohorts": cohorts, "holds": list(holds), "commands": COMMANDS}


def told(log: Written, decided: dict[str, Any]) -> list[Notice]:
    """The notices of a run."""
    return announce_run(
        log, decision=decided, card=CARD, holds=HOLDS, environment="production"
    )  # fmt: skip


def notice(kind: Any, *, cohorts: Sequence[str] = ("flow",), reason: str = "") -> Notice:
    """A notice of a run."""
    return write_notice(
        kind,
        environment="production",
        release=NEW,
        cohorts=cohorts,
        by="network-operations",
        reason=reason,
        at=AT,
    )


@pytest.mark.parametrize("kind", ["waiting", "held", "live"])
def test_every_end_of_a_run_is_told_in_sentences(kind: str) -> None:
    """What, where, for whom and why; and it comes back from JSON as it was."""
    written = notice(kind, reason="The pumps changed.")
    for part in ("b2b2b2b2b2b2", "production", "'flow'"):
        assert part in written.text
    assert "Reason: The pumps changed. " in f"{written.text} "
    assert "Reason" not in notice(kind).text
    assert "{" not in written.text
    assert notice_from(written.as_dict()) == written


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_title(kind: Any) -> None:
    """One line that says which release, where, and what about it."""
    title = notice_title(replace(notice("live"), kind=kind))
    assert re.fullmatch(r"Modelfleet production: release b2b2b2b2b2b2 [a-z ]+", title)


def test_many_cohorts_are_named_and_counted() -> None:
    """A text stays one that people read; the notice itself names all."""
    written = notice("live", cohorts=[f"c{number:02d}" for number in range(40)])
    assert "cohorts 'c00', " in written.text
    assert "and 30 more" in written.text
    assert len(written.cohorts) == 40


def test_a_reason_with_braces_is_no_template() -> None:
    """What people write is shown as they wrote it."""
    assert "Reason: see {by}." in notice("held", reason="see {by}").text


def test_what_went_live_is_told_to_those_whom_it_serves() -> None:
    """From the log: only cohorts for which something changed."""
    log = Written([entry(flow=OLD), entry(flow=OLD, demand=NEW)])
    (live,) = told(log, decision(flow="live", demand="live"))
    assert (live.kind, live.release, live.cohorts) == ("live", NEW, ("demand",))
    assert "Next" not in live.text


def test_the_next_run_tells_what_a_killed_one_could_not() -> None:
    """The same notice to the last byte, which the outbox keeps once."""
    log = Written([entry(flow=OLD)])
    again = told(log, decision(holds=["shock_in_loss"], flow="on hold"))
    assert told(log, decision(flow="live")) == again[:1]
    assert [each.kind for each in again] == ["live", "held"]


def test_what_people_did_they_tell_themselves() -> None:
    """A run finds their entry in the log and says nothing about it."""
    assert told(Written([entry("rollback", flow=NEW)]), decision(flow="live")) == []


def test_a_hold_is_told_with_the_reasons_that_stand() -> None:
    """Those that somebody cleared are no reasons any more."""
    (held,) = told(Written(), decision(holds=["shock_in_loss"], flow="on hold", demand="on hold"))
    assert held.kind == "held"
    assert held.cohorts == ("demand", "flow")
    assert held.reason == "All err more in one week"
    assert "12 sensors" not in held.text


def test_those_who_wait_are_told_what_to_type() -> None:
    """For the cohorts that do not go live by themselves."""
    (waiting,) = told(Written(), decision(flow="live", demand="waiting for approval"))
    assert (waiting.kind, waiting.cohorts) == ("waiting", ("demand",))
    assert waiting.text.splitlines()[-2:] == [f"  {command}" for command in COMMANDS]


SUMMARY = {
    "fleet": "l|town",
    "sensors": 12,
    "environment": "production",
    "outcomes": {"accepted": 7, "backup": 5},
    "serves": {"model": 7, "baseline": 5},
    "median_skill": 0.08,
    "release": NEW,
    "state": "waiting for approval",
    "next": COMMANDS,
}


def test_a_job_shows_the_run_and_what_to_type() -> None:
    """A table, the state in the title, and the commands where the release waits."""
    page = markdown_summary(SUMMARY, report="data/report.html")
    assert page.startswith("## l\\|town: release b2b2b2b2b2b2 is waiting for approval\n")
    assert "| Outcomes | 7 accepted, 5 backup |" in page
    assert "| Report | data/report.html |" in page
    assert "MLflow" not in page
    block = page.partition("```console\n")[2].partition("```")[0]
    assert block.splitlines() == COMMANDS
    assert "| Next" not in page


def test_a_job_whose_release_is_live_asks_for_nothing() -> None:
    """No commands where there is nothing to do."""
    page = markdown_summary({**SUMMARY, "state": "live", "next": []})
    assert "console" not in page
    assert page.endswith("|\n\n")
