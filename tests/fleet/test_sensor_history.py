"""Every model of one sensor, when it served, and what became of it."""

from typing import Any

import pytest

from modelfleet.fleet.sensor_history import Appearance, Entry, sensor_history


def appearance(number: int, version: str | None, **ledger: Any) -> Appearance:
    """The sensor in a release; by default a new model of its own."""
    row = {
        "cohort": "north", "outcome": "accepted", "serves": "model", "version": version,
        "reasons": [], **ledger,
    }  # fmt: skip
    figures = {"recipe": "linear", "mae": float(number), "skill": 0.1, "coverage": 0.9}
    return Appearance(f"r{number}", f"2026-01-0{number}T00:00:00+00:00", "robot", row, figures)


def entry(position: int, rid: str, kind: str = "approved", **others: str) -> Entry:
    """An entry that makes a release serve the sensor's cohort."""
    at = f"2026-02-0{position}T00:00:00+00:00"
    return Entry(position, at, kind, {"north": rid, **others}, "planning", "because")


KEPT = {"outcome": "kept", "serves": "champion"}
BACKUP = {"outcome": "backup", "serves": "baseline"}


def fates(document: dict[str, Any]) -> dict[str, str]:
    """Version to its fate."""
    return {each["version"]: each["fate"] for each in document["versions"]}


def test_versions_stand_in_the_order_of_their_making_with_their_own_figures() -> None:
    """A release that keeps a champion tells of the candidate that lost; that is not taken."""
    releases = [appearance(3, "b"), appearance(2, "a", **KEPT), appearance(1, "a")]
    first, second = sensor_history("s", releases, [])["versions"]
    assert (first["version"], first["mae"], first["accepted_in"]) == ("a", 1.0, "r1")
    assert (first["releases"], first["kept_in"]) == (["r1", "r2"], ["r2"])
    assert (second["version"], second["mae"]) == ("b", 3.0)


@pytest.mark.parametrize(
    ("later", "kind", "fate"),
    [
        (appearance(2, "b"), "approved", "replaced by b"),
        (appearance(2, "b"), "rollback", "rolled back to b"),
        (appearance(2, "x", **BACKUP), "approved", "gave way to the baseline"),
        (appearance(2, None, serves="none"), "approved", "no longer serves"),
        (appearance(2, "a", **KEPT), "approved", "serves"),
    ],
)
def test_the_fate_of_a_model_is_told_by_what_followed_it(
    later: Appearance, kind: str, fate: str
) -> None:
    """Replaced, gone back from, demoted, silenced, or still there."""
    entries = [entry(1, "r1"), entry(2, "r2", kind)]
    assert fates(sensor_history("s", [appearance(1, "a"), later], entries))["a"] == fate


def test_a_model_that_no_entry_made_live_never_served() -> None:
    """A release that was rejected leaves its models in the history all the same."""
    document = sensor_history("s", [appearance(1, "a"), appearance(2, "b")], [entry(1, "r1")])
    assert fates(document) == {"a": "serves", "b": "never served"}


def test_service_is_told_in_spans_and_counts_the_own_cohort_alone() -> None:
    """An entry that moves another cohort, or keeps the model, begins no new span."""
    releases = [appearance(1, "a"), appearance(2, "a", **KEPT), appearance(3, "b")]
    entries = [entry(1, "r1"), entry(2, "r1", south="r3"), entry(3, "r2"), entry(4, "r3")]
    service = sensor_history("s", releases, entries)["service"]
    assert [(span["version"], span["position"]) for span in service] == [("a", 1), ("b", 4)]
    assert service[0]["until"] == service[1]["from"]
    assert service[1]["until"] is None


def test_a_release_that_does_not_know_the_sensor_ends_its_service() -> None:
    """The sensor left the fleet, and the time before stays told."""
    document = sensor_history("s", [appearance(1, "a")], [entry(1, "r1"), entry(2, "r9")])
    assert fates(document) == {"a": "no longer serves"}
    assert [span["serves"] for span in document["service"]] == ["model", "none"]


def test_entries_before_the_sensor_was_known_are_not_its_history() -> None:
    """It begins with the first release that knows it."""
    document = sensor_history("s", [appearance(2, "a")], [entry(1, "r1"), entry(2, "r2")])
    assert [span["position"] for span in document["service"]] == [2]


def test_a_model_may_serve_twice() -> None:
    """Forward, back, forward again: each time is told."""
    releases = [appearance(1, "a"), appearance(2, "b")]
    entries = [entry(1, "r1"), entry(2, "r2"), entry(3, "r1", "rollback")]
    first, second = sensor_history("s", releases, entries)["versions"]
    assert [span["release"] for span in first["served"]] == ["r1", "r1"]
    assert (first["fate"], second["fate"]) == ("serves", "rolled back to a")


def test_a_pinned_model_says_so() -> None:
    """A person brought it back, no verdict."""
    back = appearance(3, "a")
    pinned = Appearance(back.rid, back.made, back.by, back.ledger, back.scorecard, "r1")
    releases = [appearance(1, "a"), appearance(2, "b"), pinned]
    entries = [entry(1, "r1"), entry(2, "r2"), entry(3, "r3")]
    document = sensor_history("s", releases, entries)
    assert fates(document)["a"] == "serves, pinned by a person"
    assert document["releases"][2]["pinned_from"] == "r1"


def test_a_sensor_that_no_model_ever_served_has_an_empty_history() -> None:
    """What its baseline did is told all the same."""
    document = sensor_history("s", [appearance(1, "x", **BACKUP)], [entry(1, "r1")])
    assert document["versions"] == []
    assert document["service"][0]["serves"] == "baseline"
