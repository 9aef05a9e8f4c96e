"""Two states are remembered: now, and before the last change."""

import pytest

from modelfleet.reporting.quality import QualityHistory
from tests.reporting.quality.contents import make_state

FIRST = make_state({"a": ("admitted", [], 0.9, 1)})


@pytest.mark.parametrize(
    "change",
    [
        {"stamp": "s2"},
        {"table": "t2"},
        {"account": {"rows_in": 1001, "rejected": {"off_grid": 51, "above_upper_limit": 10}}},
    ],
    ids=["readings, metadata, settings or code", "another table", "rows that were only rejected"],
)
def test_another_state_moves_the_old_one_back(change) -> None:  # type: ignore[no-untyped-def]
    """What was the state now becomes the state before."""
    other = make_state(**{"run": "run-9", **change})
    assert QualityHistory(FIRST).then(other) == QualityHistory(other, FIRST)


def test_the_same_state_changes_nothing() -> None:
    """However often it is met, by whichever run, also after small files were joined."""
    history = QualityHistory(FIRST, make_state(stamp="s0"))
    same = make_state(run="run-9", made="2025-01-01T00:00:00+00:00", version=4, batches=3)
    assert history.then(same).then(same) is history


def test_only_two_states_are_kept() -> None:
    """The file does not grow, and a state that comes back is a change again."""
    states = [make_state(stamp=stamp) for stamp in ("s1", "s2", "s3", "s1")]
    history = QualityHistory(states[0])
    for state in states[1:]:
        history = history.then(state)
    assert history == QualityHistory(states[3], states[2])


def test_history_survives_the_way_through_json() -> None:
    """Sensors of any name, unknown coverage and lists of reasons come back as they were."""
    odd = make_state({"\u2028</script>": ("quarantined", ["dead", "stuck"], None, 0), "": FULL})
    for history in (QualityHistory(odd), QualityHistory(FIRST, odd), QualityHistory(make_state())):
        back = QualityHistory.from_json(history.to_json())
        assert back.to_json() == history.to_json()
        assert back.latest.sensors.equals(history.latest.sensors, null_equal=True)
        assert back.latest.key == history.latest.key


FULL = ("admitted", [], 1.0, 0)
