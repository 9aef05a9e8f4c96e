"""What is different between two states, sensor by sensor and row by row."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.reporting.quality import QualityHistory, find_changes
from modelfleet.reporting.quality.changes import KINDS
from modelfleet.reporting.quality.telling import tell_facts, tell_figures
from tests.reporting.quality.contents import Sensors, make_state

GOOD = ("admitted", [], 0.9, 0)


def changes(before: Sensors, now: Sensors, **facts):  # type: ignore[no-untyped-def]
    """Changes from one state to another, told from five points of coverage on."""
    history = QualityHistory(make_state(now, **{"stamp": "s2", **facts}), make_state(before))
    return find_changes(history, coverage_change=0.05)


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        (GOOD, ("quarantined", ["dead"], 0.2, 0), "quarantined"),
        (("quarantined", ["stuck"], 0.9, 0), GOOD, "recovered"),
        (("quarantined", ["stuck"], 0.9, 0), ("quarantined", ["dead"], 0.9, 0), "other_reasons"),
        (GOOD, ("retired", ["retired_by_owner"], 0.9, 0), "retired"),
        (("retired", ["retired_by_owner"], 0.1, 0), GOOD, "returned"),
        (GOOD, ("admitted", [], 0.85, 0), "coverage_fell"),
        (GOOD, ("admitted", [], 0.95, 0), "coverage_rose"),
        (("quarantined", ["dead"], 0.1, 0), ("quarantined", ["dead"], 0.3, 0), "coverage_rose"),
        (None, GOOD, "appeared"),
        (GOOD, None, "gone"),
    ],
)
def test_each_kind_of_change_is_told(before, now, kind) -> None:  # type: ignore[no-untyped-def]
    """Each sensor that changed stands there once, under what decides most."""
    found = changes(
        {"same": GOOD, **({"a": before} if before else {})},
        {"same": GOOD, **({"a": now} if now else {})},
    )
    assert found.sensors.select("sensor_id", "change").rows() == [("a", kind)]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (GOOD, ("admitted", [], 0.851, 9)),
        (("quarantined", ["a", "b"], 0.9, 0), ("quarantined", ["b", "a"], 0.9, 0)),
        (("quarantined", ["dead"], 0.5, 0), ("quarantined", ["dead"], 0.2, 0)),
        (("retired", ["retired_by_owner"], 0.9, 0), ("retired", ["retired_by_owner"], 0.1, 0)),
        (("quarantined", ["no_data"], None, 0), ("quarantined", ["no_data"], None, 3)),
    ],
)
def test_what_is_no_news_is_not_told(before, now) -> None:  # type: ignore[no-untyped-def]
    """A little coverage, another order of reasons, a silent sensor that lacks still more."""
    assert changes({"a": before}, {"a": now}).sensors.is_empty()


def test_the_largest_changes_of_coverage_come_first() -> None:
    """A list that is cut off names those that moved most."""
    now = {name: ("admitted", [], share, 0) for name, share in (("a", 0.8), ("b", 0.3), ("c", 0.6))}
    found = changes(dict.fromkeys("abc", GOOD), now)
    assert found.sensors["sensor_id"].to_list() == ["b", "c", "a"]


SENSORS = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(
        st.sampled_from(["admitted", "quarantined", "retired"]),
        st.lists(st.sampled_from(["dead", "stuck"]), unique=True),
        st.none() | st.floats(0, 1),
        st.integers(0, 5),
    ),
)


@given(before=SENSORS, now=SENSORS)
def test_every_sensor_is_told_once_at_most(before: Sensors, now: Sensors) -> None:
    """Whatever two states are, counts add up, no sensor is told twice, and JSON can hold it."""
    found = changes(before, now)
    told = found.sensors["sensor_id"].to_list()
    assert len(told) == len(set(told))
    assert set(found.sensors["change"]) <= set(KINDS)
    assert {s for s in before if s not in now} <= set(told)
    assert {s for s in now if s not in before} <= set(told)
    assert sum(pair[0] for pair in found.standings.values()) == len(before)
    assert sum(pair[1] for pair in found.standings.values()) == len(now)
    assert changes(now, now).sensors.is_empty()
    json.dumps(found.as_dict(), allow_nan=False)


def test_figures_that_moved_are_told_before_and_after() -> None:
    """Only what moved; new reasons for rejection start at zero."""
    account = {"rows_in": 1100, "stored": 980, "late": 30, "rejected": {"off_grid": 70, "x": 10}}
    found = changes({}, {}, account=account, version=4, batches=3)
    assert found.figures == {
        "rows_in": (1000, 1100),
        "stored": (900, 980),
        "late": (0, 30),
        "rejected.off_grid": (50, 70),
        "rejected.x": (0, 10),
        "rejected.above_upper_limit": (10, 0),
    }
    assert (found.moved("late"), found.moved("corrections"), found.new_batches) == (30, 0, 1)
    assert [(each.name, each.by) for each in tell_figures(found)][:4] == [
        ("rows in", "+100"), ("stored", "+80"), ("late rows", "+30"), ("rejected: off grid", "+20"),
    ]  # fmt: skip
    assert tell_facts(found) == ("1 batch came in; readings went from version 3 to 4.",)


def test_facts_say_period_settings_and_another_table() -> None:
    """What the figures rest on, in sentences."""
    found = changes({}, {}, last="2024-04-07T23:00:00+00:00", settings="c2")
    assert tell_facts(found) == (
        "0 batches came in; readings stayed at version 3.",
        "The data reach to 07 Apr 2024 23:00 UTC; before that it was 31 Mar 2024 23:00 UTC.",
        "The configuration of the validation was changed: that may be a reason, too.",
    )
    anew = changes({}, {}, table="t2", batches=1)
    assert tell_facts(anew) == ("1 batch came in; the table of readings was made anew.",)


def test_sensors_with_newly_rejected_rows_most_first() -> None:
    """New sensors count from zero, those without new ones are left out."""
    rows = {"a": 5, "b": 5, "c": 9}
    before = {name: ("admitted", [], 1.0, count) for name, count in rows.items()}
    now = {"a": ("admitted", [], 1.0, 7), "b": before["b"], "d": ("admitted", [], 1.0, 30)}
    assert changes(before, now).more_rejected.rows() == [("d", 30), ("a", 2)]


def test_the_first_state_has_nothing_to_compare_with() -> None:
    """All sensors are there for the first time, so none of them is news."""
    found = find_changes(QualityHistory(make_state({"a": GOOD})), coverage_change=0.05)
    assert found.sensors.is_empty()
    assert found.more_rejected.is_empty()
    assert found.new_batches == 2
    assert tell_facts(found) == tell_figures(found) == ()
    assert found.as_dict()["before"] is None
