"""Whether a model was made without an event: by what it left out, not by today's calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelfleet.fleet.learned_events import learned_events, learning_period

HOUR = timedelta(hours=1)


def at(hour: int) -> datetime:
    return datetime(2021, 3, 1, tzinfo=UTC) + hour * HOUR


def told(excluded: Any, *, now: bool = True) -> dict[str, Any]:
    """What is said of an event from hour 10 to 20."""
    event = {"event_id": "e", "start": at(10), "end": at(20), "hours": 10.0, "excluded": now}
    (found,) = learned_events([event], excluded, period=(at(0), at(15)))
    return {name: found[name] for name in ("excluded", "excluded_now", "left_out_hours")}


@pytest.mark.parametrize(
    ("excluded", "answer", "hours"),
    [
        ([(at(10), at(15))], True, 5.0),
        ([(at(9), at(12)), (at(12), at(21))], True, 5.0),
        ([(at(12), at(14))], False, 2.0),
        ([(at(0), at(10))], False, 0.0),
        ([], False, 0.0),
        (None, None, None),
    ],
    ids=["cut_at_the_end", "wider", "within", "beside", "nothing", "not_recorded"],
)
def test_an_event_was_left_out_if_all_of_it_was(
    excluded: Any, answer: bool | None, hours: float | None
) -> None:
    """Only what lies in the period counts, and the calendar of today is told apart."""
    for now in (True, False):
        assert told(excluded, now=now) == {
            "excluded": answer, "excluded_now": now, "left_out_hours": hours,
        }  # fmt: skip


def test_what_was_left_out_at_the_edges_is_part_of_the_period() -> None:
    """A burst before the first row that could be learned is still an event of that history."""
    row = {
        "trained_from": at(5),
        "trained_to": at(9),
        "excluded": [[at(0), at(5)], [at(10), at(12)]],
    }
    assert learning_period(row, step=HOUR, first_reading=at(0)) == (at(0), at(12))
    assert learning_period(row, step=HOUR, first_reading=None) == (at(5), at(12))
    assert learning_period({**row, "excluded": None}, step=HOUR, first_reading=None) == (
        at(5),
        at(10),
    )


def test_who_learned_nothing_has_no_period() -> None:
    """Such as a sensor without any backup."""
    assert learning_period({"trained_from": None}, step=HOUR, first_reading=at(0)) is None
