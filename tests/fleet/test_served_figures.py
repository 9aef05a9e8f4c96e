"""Figures of what would be served, beside those of the gate."""

from typing import Any

import polars as pl
import pytest

from modelfleet.fleet.served_figures import SOUND, add_served_figures
from modelfleet.fleet.tables import from_pandas, to_pandas
from modelfleet.fleet.tasks.training import CANDIDATE_SCHEMA
from tests.fleet.tasks.test_tasks import INTERVALS

ROWS: dict[str, dict[str, Any]] = {
    "sound": {"coverage": [None, 0.95, 0.85], "interval_hours": [0.0, 120.0, 168.0]},
    "narrow": {"coverage": [None, 0.5, 0.6], "interval_hours": [0.0, 168.0, 168.0]},
    "wide": {"coverage": [None, 1.0, 1.0], "interval_hours": [0.0, 168.0, 168.0]},
    "young": {"coverage": [None] * 3, "interval_hours": [0.0] * 3},
    "bent": {
        "coverage": [None, 0.9, 0.9],
        "interval_hours": [0.0, 168.0, 168.0],
        "rules_broken": ["no_forecast", "possible", "no_jump"],
        "rows_replaced": [100, 30, 12],
    },
    "silent": {"coverage": [None] * 3, "interval_hours": [0.0] * 3, "forecast_rows": 0},
}


def candidates() -> pl.DataFrame:
    """Trained ones, and one that failed."""
    usual = {"outcome": "trained", "forecast_rows": 420, "rules_broken": [], "rows_replaced": []}
    trained = [
        {"sensor_id": name, **usual, **row, "untracked_coverage": row["coverage"]}
        for name, row in ROWS.items()
    ]
    failed = {"sensor_id": "failed", "outcome": "failed", "reason": "ValueError: no"}
    return pl.DataFrame([*trained, failed], schema=CANDIDATE_SCHEMA)


def card() -> dict[str, dict[str, Any]]:
    """Rows by sensor."""
    known = pl.DataFrame({"sensor_id": ["quarantined", "failed", *reversed(ROWS)]})
    table = add_served_figures(known, candidates(), INTERVALS)
    assert table["sensor_id"].equals(known["sensor_id"])
    return {row["sensor_id"]: row for row in table.iter_rows(named=True)}


def test_an_interval_that_covers_too_little_or_too_much_is_flagged() -> None:
    """Over all judged hours that had one; and where none had, nothing is claimed."""
    found = {name: row["interval"] for name, row in card().items()}
    assert found == {
        "sound": SOUND,
        "narrow": "interval_not_covering",
        "wide": "interval_not_covering",
        "young": "no_interval",
        "bent": SOUND,
        "silent": "no_interval",
        "failed": None,
        "quarantined": None,
    }


def test_weeks_count_by_their_hours() -> None:
    """A week that was judged for five days weighs five sevenths."""
    row = card()["sound"]
    assert row["coverage"] == pytest.approx((120 * 0.95 + 168 * 0.85) / 288)
    assert row["untracked_coverage"] == row["coverage"]
    assert card()["young"]["coverage"] is None


def test_replaced_rows_are_told_over_all_rules() -> None:
    """As a share of the rows with a forecast of the model; missing ones are no rule's doing."""
    found = card()
    assert found["bent"]["replaced_share"] == pytest.approx(0.1)
    assert found["bent"]["rules_broken"] == ["possible", "no_jump"]
    assert (found["sound"]["replaced_share"], found["sound"]["rules_broken"]) == (0.0, [])
    assert found["silent"]["replaced_share"] is None
    assert found["failed"]["rules_broken"] is None


def test_names_of_rules_are_one_text_in_a_flat_table() -> None:
    """And lists again on the way back."""
    known = pl.DataFrame({"sensor_id": list(ROWS)})
    flat = to_pandas(add_served_figures(known, candidates(), INTERVALS))
    assert flat["rules_broken"].to_list()[4] == "possible; no_jump"
    assert from_pandas(flat, lists=("rules_broken",))["rules_broken"].to_list()[0] == []


def test_a_fleet_without_a_trained_candidate_has_no_figures() -> None:
    """All columns are there, and empty."""
    nobody = candidates().filter(pl.col("outcome") == "failed")
    table = add_served_figures(pl.DataFrame({"sensor_id": ["failed"]}), nobody, INTERVALS)
    assert table.drop("sensor_id").row(0) == (None,) * 5
