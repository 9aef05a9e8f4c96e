"""How a difference and a state are told, without a project."""

from typing import Any

from modelfleet.commands.diff_text import format_diff, format_short
from modelfleet.commands.release_states import state_in_words
from modelfleet.fleet.diff_document import diff_document
from modelfleet.fleet.release_diff import compare_services
from modelfleet.fleet.service import TablesInHand, service_of
from tests.releases import on_backup, sensor, tables


def document(before: list[dict[str, Any]], after: list[dict[str, Any]], **more: Any) -> Any:
    """The difference of two lists of sensors."""
    services = [service_of(TablesInHand(tables(each))) for each in (before, after)]
    diff = compare_services(*services)
    return diff_document(diff, after="a" * 64, before={"north": "b" * 64}, **more)


def test_columns_that_nobody_falls_under_are_left_out() -> None:
    """Replaced, to model and to backup always stand there; the others where they count."""
    text = format_diff(document([sensor("a")], [sensor("a", version="a-2")]))
    assert "to backup" in text
    assert "quarant." not in text
    assert "gone" not in text


def test_nothing_changed_is_said_plainly() -> None:
    """A repeated release has no list of changes."""
    text = format_diff(document([sensor("a")], [sensor("a")]))
    assert "0 of 1 sensor change" in text
    assert "1 have the same model again" in text
    assert "Changes" not in text


def test_a_name_from_outside_stays_one_short_line() -> None:
    """However long, and whatever is in it."""
    odd = "x" * 90 + "\n\x1b[31m"
    text = format_diff(document([sensor("a")], [sensor(odd)]))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_errors_of_other_weeks_are_marked_and_the_mark_is_explained() -> None:
    """A tilde, and below the table what it means."""
    text = format_diff(document([sensor("a", mae=1.0)], [sensor("a", version="x", mae=2.0)]))
    assert "~+100 %" in text
    assert "~ each error is of its own release's weeks" in text


def test_unknown_costs_are_told() -> None:
    """The sum would look whole otherwise."""
    before, after = [sensor("a")], [on_backup("a", cost_baseline=None)]
    assert "Costs of 1 sensor are not known." in format_diff(document(before, after))


def test_the_rest_is_counted_and_the_way_to_it_is_told() -> None:
    """Where not all changes are listed."""
    before = [sensor(f"s{k}") for k in range(9)]
    after = [sensor(f"s{k}", version="new") for k in range(9)]
    text = format_short(document(before, after, limit=5))
    assert "The worst 5 of 9 changes" in text
    assert "`modelfleet diff --all`" in text
    assert "and 1 cohort" not in text


def state(**fields: Any) -> dict[str, Any]:
    """A release that one request was made for."""
    request = {"id": "c" * 64, "state": "open", "waiting": {}, "rejected": []}
    requests = [request | fields.pop("request", {})]
    return {"live": [], "was_live": False, "requests": requests} | fields


def test_a_state_is_told_in_a_few_words() -> None:
    """Live for all or for some, waiting for whom, rejected, over, or nothing at all."""
    waiting = {"waiting": {"north": ["planning", "supply"], "south": ["supply"]}}
    assert state_in_words(None, cohorts=2) == ""
    assert state_in_words(state(live=["n", "s"]), cohorts=2) == "live"
    assert state_in_words(state(live=["n"]), cohorts=2) == "live for n"
    assert (
        state_in_words(state(request=waiting), cohorts=2)
        == "waits for planning or supply (request cccccccccccc)"
    )
    assert state_in_words(state(request={"rejected": ["n"]}), cohorts=2) == "rejected for n"
    assert state_in_words(state(request={"state": "expired"}), cohorts=2) == "request expired"
    assert state_in_words(state(was_live=True), cohorts=2) == "was live"
