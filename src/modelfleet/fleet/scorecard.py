"""From candidates to verdicts: the gate's evidence and answers as tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.gates import Evidence, GateResult, Status, judge
from modelfleet.domain.parameters.evaluation import GateParameters
from modelfleet.fleet.arrays import as_floats
from modelfleet.fleet.sentences import explain_verdict

__all__ = ["TRACES", "judge_candidates", "make_scorecard"]

BASELINE_FIGURES = ("baseline", "mae", "mase", "mean_error")
CANDIDATE_FIGURES = (
    "recipe",
    "mae",
    "mase",
    "rmsse",
    "mean_error",
    "valid_share",
    "rows",
    "carried_hours",
    "excluded_hours",
    "trained_from",
    "trained_to",
)

TRACES = ("actual_trace", "forecast_trace", "baseline_trace")
"""Columns of the candidates that only pictures need; nine tenths of the table."""


def judge_candidates(
    candidates: pl.DataFrame, sensors: pl.DataFrame, *, weeks: int, gate: GateParameters
) -> pl.DataFrame:
    """Judge every trained candidate of the fleet.

    Args:
        candidates: one row per admitted sensor; failed ones are left out.
        sensors: ``sensor_id``, ``cohort``.
        weeks: judged weeks.
        gate: margins and levels.

    Returns:
        one row per trained candidate, sorted: ``accepted``, ``mode``, ``reasons``, ``sentence``,
        the gain, and status, figure and threshold of each rule.
    """
    trained = (
        candidates.filter(pl.col("outcome") == "trained")
        .join(sensors.select("sensor_id", "cohort"), on="sensor_id", how="left")
        .sort("sensor_id")
    )
    modes = [gate.mode.cohorts.get(cohort, gate.mode.default) for cohort in trained["cohort"]]
    strict = np.array([mode == "strict" for mode in modes], dtype=np.bool_)
    result = judge(_evidence(trained, weeks), strict=strict, parameters=gate)
    return pl.DataFrame(
        {
            "sensor_id": trained["sensor_id"],
            "accepted": result.accepted,
            "mode": pl.Series(modes, dtype=pl.String),
            "reasons": pl.Series(
                [result.reasons(i) for i in range(len(modes))], dtype=pl.List(pl.String)
            ),
            "sentence": pl.Series(
                [explain_verdict(result, i, strict=s) for i, s in enumerate(strict)],
                dtype=pl.String,
            ),
            "gain": _nullable(result.gain.mean),
            "gain_error": _nullable(result.gain.error),
            "weeks": result.gain.weeks,
            "better_weeks": result.gain.better_weeks,
            "probability": _nullable(result.probability),
            "p_value": _nullable(result.p_value),
            **_rule_columns(result),
        }
    )


def make_scorecard(
    sensors: pl.DataFrame,
    baselines: pl.DataFrame,
    candidates: pl.DataFrame,
    verdicts: pl.DataFrame,
) -> pl.DataFrame:
    """All figures of every known sensor in one row: metadata, baseline, candidate, verdict.

    ``skill`` is 1 - MAE of the candidate / MAE of the baseline on the same hours.
    """
    figures = candidates.select(
        "sensor_id",
        *(pl.col(name).alias(name) for name in CANDIDATE_FIGURES),
        skill=_skill(),
    )
    backup = baselines.select(
        "sensor_id",
        pl.col("baseline"),
        *(pl.col(name).alias(f"baseline_{name}") for name in BASELINE_FIGURES[1:]),
    )
    verdict = verdicts.select(
        "sensor_id",
        "accepted",
        "gain",
        "gain_error",
        "weeks",
        "better_weeks",
        "probability",
        "p_value",
        "sentence",
    )
    table = (
        sensors.select("sensor_id", "cohort", "kind", "unit")
        .join(backup, on="sensor_id", how="left")
        .join(figures, on="sensor_id", how="left")
        .join(verdict, on="sensor_id", how="left")
        .sort("sensor_id")
    )
    return table.with_columns(pl.col(pl.Float64).fill_nan(None))


def _skill() -> pl.Expr:
    """From weekly losses, weighted by their hours: both are means over the same hours."""
    hours = pl.col("hours").list.eval(pl.element().cast(pl.Float64))

    def total(losses: str) -> pl.Expr:
        weekly = pl.col(losses).list.eval(pl.element().fill_nan(0.0))
        return (weekly * hours).list.sum()

    skill = 1 - total("loss") / total("baseline_loss")
    return pl.when(skill.is_finite()).then(skill)


def _evidence(trained: pl.DataFrame, weeks: int) -> Evidence:
    def table(name: str) -> FloatArray:
        rows: Sequence[Any] = trained[name].to_list()
        return np.array(rows, dtype=np.float64).reshape(len(rows), weeks)

    return Evidence(
        loss=table("loss"),
        baseline_loss=table("baseline_loss"),
        hours=table("hours"),
        valid_share=as_floats(trained["valid_share"]),
        mean_error=as_floats(trained["mean_error"]),
        mae=as_floats(trained["mae"]),
    )


def _rule_columns(result: GateResult) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for rule in result.rules:
        names = [Status(int(status)).name.lower() for status in rule.status]
        columns[f"{rule.code}_status"] = pl.Series(names, dtype=pl.String)
        columns[f"{rule.code}_figure"] = _nullable(rule.figure)
        columns[f"{rule.code}_threshold"] = _nullable(rule.threshold)
    return columns


def _nullable(values: FloatArray) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).fill_nan(None)
