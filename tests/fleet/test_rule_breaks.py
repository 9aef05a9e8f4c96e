"""How often rules would strike in each cohort, sums over cohorts among them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.fleet.rule_breaks import RULE_BREAKS_SCHEMA, count_rule_breaks
from modelfleet.fleet.tasks.baseline import BASELINE_SCHEMA
from modelfleet.fleet.tasks.training import CANDIDATE_SCHEMA

STEPS = 336
IDS = ["a", "b", "dead", "inflow", "other"]
SENSORS = pl.DataFrame(
    {
        "sensor_id": IDS,
        "cohort": ["x", "x", "y", "z", "y"],
        "kind": "demand",
        "lower_limit": [0.0, 0.0, 0.0, None, 0.0],
        "upper_limit": [None] * 5,
        "rule_value": [None] * 5,
    },
    schema_overrides={"upper_limit": pl.Float64, "rule_value": pl.Float64},
)
ACCEPTED = {"a": "accept", "b": "keep"}
LIMITS = [{"name": "possible", "low": "lower_limit"}]
BACKUPS = {"a": 4.0, "b": 4.0, "dead": None, "inflow": 8.0, "other": 4.0}


def row(sensor_id: str, trace: Any, *broken: tuple[str, int]) -> dict[str, Any]:
    """A trained candidate."""
    return {
        "sensor_id": sensor_id,
        "outcome": "trained",
        "forecast_rows": 1000,
        "rules_broken": [rule for rule, _ in broken],
        "rows_replaced": [rows for _, rows in broken],
        "forecast_trace": np.broadcast_to(trace, STEPS).tolist(),
    }


def breaks(
    *candidates: dict[str, Any],
    decisions: Mapping[str, str] = ACCEPTED,
    retired: Sequence[str] = (),
    **rules: Any,
) -> dict[tuple[str, str], tuple[str, int, int, float | None]]:
    """Kind, rows, replaced and share by rule and cohort."""
    reasons = [["retired_by_owner"] if name in retired else [] for name in IDS]
    admissions = pl.DataFrame(
        {"sensor_id": IDS, "reasons": reasons},
        schema={"sensor_id": pl.String, "reasons": pl.List(pl.String)},
    )
    baselines = [
        {
            "sensor_id": name,
            "outcome": "fitted" if value else "none",
            "trace": None if value is None else [value] * STEPS,
        }
        for name, value in BACKUPS.items()
    ]
    ids = [candidate["sensor_id"] for candidate in candidates]
    verdicts = pl.DataFrame(
        {
            "sensor_id": ids,
            "decision": [decisions.get(name, "baseline") for name in ids],
        },
        schema={"sensor_id": pl.String, "decision": pl.String},
    )
    table = count_rule_breaks(
        sensors=SENSORS,
        admissions=admissions,
        candidates=pl.DataFrame(list(candidates), schema=CANDIDATE_SCHEMA).lazy(),
        baselines=pl.DataFrame(baselines, schema=BASELINE_SCHEMA).lazy(),
        verdicts=verdicts,
        parameters=RuleParameters.model_validate(rules),
    )
    assert table.schema == RULE_BREAKS_SCHEMA
    rows = table.iter_rows(named=True)
    return {
        (r["rule"], r["cohort"]): (r["kind"], r["rows"], r["replaced"], r["share"]) for r in rows
    }


def test_limits_and_changes_are_added_up_per_cohort() -> None:
    """Of the sensors that each rule binds, over all judged weeks, in the order of the rules."""
    found = breaks(
        row("a", 5, ("no_forecast", 7), ("possible", 30), ("no_jump", 5)),
        row("b", 5, ("possible", 10)),
        row("other", 5),
        limits=LIMITS,
        rate_of_change=[{"name": "no_jump", "max_change": 2, "sensors": ["a"]}],
    )
    assert list(found.items()) == [
        (("possible", "x"), ("limits", 2000, 40, 0.02)),
        (("possible", "y"), ("limits", 1000, 0, 0.0)),
        (("no_jump", "x"), ("rate_of_change", 1000, 5, 0.005)),
    ]


def test_a_sum_that_does_not_add_up_gives_all_models_of_its_cohort_to_the_backup() -> None:
    """At the steps at which it breaks, and only there."""
    trace = np.full(STEPS, 5.0)
    trace[10:30] = 50
    adds_up = [{"name": "adds_up", "cohorts": ["x"], "high": 20}]
    found = breaks(row("a", trace), row("b", 5), cohort_sum=adds_up)
    assert found == {("adds_up", "x"): ("cohort_sum", 2 * STEPS, 40, 40 / (2 * STEPS))}


def test_who_is_not_accepted_counts_with_what_serves_it() -> None:
    """A wild model that was rejected breaks no sum; its backup is no model's row."""
    adds_up = [{"name": "adds_up", "cohorts": ["x"], "high": 20}]
    found = breaks(row("a", 50), row("b", 5), decisions={"b": "accept"}, cohort_sum=adds_up)
    assert found == {("adds_up", "x"): ("cohort_sum", STEPS, 0, 0.0)}


def test_a_sum_with_an_unknown_part_cannot_be_judged() -> None:
    """One sensor of the cohort is served by nothing: no rows, no share."""
    adds_up = [{"name": "adds_up", "cohorts": ["y", "nowhere"], "high": 1}]
    found = breaks(row("other", 5), decisions={"other": "accept"}, cohort_sum=adds_up)
    assert found == {("adds_up", "y"): ("cohort_sum", 0, 0, None)}


def test_who_is_retired_is_no_part_of_a_sum() -> None:
    """What is left of the cohort is added up; a cohort of retired sensors has no sum."""
    adds_up = [{"name": "adds_up", "cohorts": ["x", "y"], "high": 1}]
    found = breaks(
        row("other", 5),
        decisions={"other": "accept"},
        retired=["dead", "a", "b"],
        cohort_sum=adds_up,
    )
    assert found == {("adds_up", "y"): ("cohort_sum", STEPS, STEPS, 1.0)}


def test_a_sum_may_be_measured_by_what_is_served_for_another_sensor() -> None:
    """Here by the backup of one that has no candidate at all."""
    adds_up = [{"name": "adds_up", "cohorts": ["x"], "low": 0.5, "high": 1.5, "share_of": "inflow"}]
    assert breaks(row("a", 5), row("b", 5), cohort_sum=adds_up)["adds_up", "x"][2] == 0
    assert breaks(row("a", 9), row("b", 5), cohort_sum=adds_up)["adds_up", "x"][2] == 2 * STEPS


@pytest.mark.parametrize("rules", [{}, {"cohort_sum": [{"name": "s", "cohorts": ["q"], "low": 0}]}])
def test_without_rules_the_table_is_empty(rules: dict[str, Any]) -> None:
    """Nothing is measured that nobody asked for."""
    assert breaks(row("a", 5), **rules) == {}


def test_a_fleet_without_candidates_has_rules_that_were_never_asked() -> None:
    """They stand there with no rows and no share."""
    found = breaks(limits=LIMITS, cohort_sum=[{"name": "s", "cohorts": ["x"], "low": 0}])
    assert found["possible", "x"] == ("limits", 0, 0, None)
    assert found["s", "x"] == ("cohort_sum", 0, 0, None)
