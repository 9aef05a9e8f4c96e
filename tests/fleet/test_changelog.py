"""What changed in an environment, entry by entry."""

import json
from typing import Any

from modelfleet.fleet.changelog import Change, changelog_document, changelog_text
from modelfleet.fleet.release_diff import compare_services
from modelfleet.fleet.service import TablesInHand, service_of
from tests.releases import on_backup, sensor, tables

OLD, NEW = "a" * 64, "b" * 64


def change(position: int, kind: str = "approved", **fields: Any) -> Change:
    """An entry in which one of two sensors falls back to its baseline."""
    before = service_of(TablesInHand(tables([sensor("x"), sensor("y")])))
    fallen = on_backup("y", champion_version="y-1", champion_no_gain_figure=0.2)
    after = service_of(TablesInHand(tables([sensor("x"), fallen])))
    usual: dict[str, Any] = {
        "position": position,
        "at": f"2026-02-0{position}T10:00:00+00:00",
        "kind": kind,
        "moved": {"north": NEW},
        "before": {"north": OLD},
        "by": "planning",
        "reason": "spring",
        "requested_by": "data-science",
        "approved_by": ("network-operations",),
        "diff": compare_services(before, after),
    }
    return Change(**usual | fields)


def test_the_newest_stands_first_with_reason_people_and_figures() -> None:
    """One section per entry."""
    text = changelog_text(changelog_document("production", [change(1), change(2)]))
    assert text.startswith("# What changed in production\n")
    assert text.index("## 2. bbbbbbbbbbbb, 2026-02-02") < text.index("## 1. bbbbbbbbbbbb")
    assert "- **Why**: spring" in text
    assert "- **Who**: asked for by data-science, approved by network-operations" in text
    assert "- **On models**: 2 → 1" in text
    assert "- **Costs per year**, estimated: 360 → 380 EUR" in text
    assert "- **Worst**: `y` to backup (+25 % error)" in text


def test_an_automatic_entry_names_the_run_and_a_rollback_needs_one_name() -> None:
    """Who is what happened, not what should have."""
    automatic = change(1, "automatic", requested_by=None, approved_by=(), by="robot", reason="")
    back = change(2, "rollback", approved_by=())
    text = changelog_text(changelog_document("local", [automatic, back]))
    assert "- **Who**: by policy, the run of robot" in text
    assert "- **Why**: the gate decided, by policy" in text
    assert "- **Who**: asked for by data-science, back to an earlier release" in text


def test_the_document_is_json() -> None:
    """Programs get the same as people."""
    document = changelog_document("production", [change(1)])
    assert json.loads(json.dumps(document)) == document
    assert document["changes"][0]["worst"][0]["sensor_id"] == "y"


def test_before_the_first_entry_it_says_so() -> None:
    """An empty page would leave people wondering."""
    assert "Nothing is live yet." in changelog_text(changelog_document("production", []))
