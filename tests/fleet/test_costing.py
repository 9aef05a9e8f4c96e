"""What a sensor costs stands beside its other figures, and nothing unknown looks cheap."""

import polars as pl
import pytest

from modelfleet.domain.costs import HOURS_PER_YEAR
from modelfleet.domain.parameters.costs import CostParameters
from modelfleet.fleet.costing import COST_FIGURES, with_costs

NEVER = {"missed_alarms": 0, "false_alarms": 0, "visits": 0}
COSTS = CostParameters.model_validate(
    {
        "currency": "EUR",
        "default": {
            "per_unit_hour": 1.0,
            "per_missed_alarm": 0,
            "per_false_alarm": 0,
            "per_visit": 0,
            "per_model_year": 5.0,
            "without_model": NEVER,
            "baseline": NEVER,
            "candidate": NEVER,
        },
    }
)
NONE = {"mae": None, "mase": None, "baseline_mae": None, "baseline_mase": None}
SCHEMA = {"sensor_id": pl.String, "kind": pl.String, **dict.fromkeys(NONE, pl.Float64)}


def costs(
    *, losses: tuple[list[float], list[float]] | None = None, **figures: float | None
) -> dict[str, float | None]:
    """Costs of one sensor; ``losses`` are a candidate's weekly baseline losses and hours."""
    card = pl.DataFrame([{"sensor_id": "a", "kind": "flow", **NONE, **figures}], schema=SCHEMA)
    weekly, hours = losses or ([], [])
    candidates = pl.DataFrame(
        {"sensor_id": ["a"], "baseline_loss": [weekly], "hours": [hours]},
        schema={
            "sensor_id": pl.String,
            "baseline_loss": pl.List(pl.Float64),
            "hours": pl.List(pl.Float64),
        },
    )
    (row,) = with_costs(card, candidates if losses else candidates.clear(), COSTS).to_dicts()
    assert row["currency"] == "EUR"
    return {name: row[name] for name in COST_FIGURES}


def test_costs_follow_the_errors() -> None:
    """Last week's error is the error over its MASE; the model costs its upkeep besides."""
    found = costs(baseline_mae=2.0, baseline_mase=0.5, mae=1.0, mase=0.25)
    year = HOURS_PER_YEAR
    assert found["cost_without_model"] == pytest.approx(4 * year)
    assert found["cost_baseline"] == pytest.approx(2 * year)
    assert found["cost_candidate"] == pytest.approx(year + 5)
    assert found["cost_saved"] == pytest.approx(year - 5)


def test_both_are_compared_on_the_hours_of_the_candidate() -> None:
    """The baseline also forecast harder hours; they do not count as saved by the candidate."""
    weeks = ([1.0, 3.0, float("nan")], [100.0, 100.0, 0.0])
    found = costs(baseline_mae=9.0, baseline_mase=1.0, mae=1.0, mase=0.1, losses=weeks)
    assert found["cost_baseline"] == pytest.approx(2 * HOURS_PER_YEAR)


@pytest.mark.parametrize(
    ("figures", "known"),
    [
        ({}, set()),
        ({"baseline_mae": 1.0}, {"cost_baseline"}),
        ({"baseline_mae": 1.0, "baseline_mase": 0.0}, {"cost_baseline"}),
        ({"mae": 0.0, "mase": 0.0}, {"cost_candidate"}),
        ({"mae": float("nan"), "baseline_mae": float("nan")}, set()),
    ],
)
def test_an_unknown_error_is_an_unknown_cost(figures: dict[str, float], known: set[str]) -> None:
    """No candidate, no baseline, or a weekly difference of nothing: null, never zero."""
    found = costs(**figures)
    assert {name for name, cost in found.items() if cost is not None} == known
