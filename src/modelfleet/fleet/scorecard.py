"""From candidates to verdicts: the gate's evidence and answers as tables."""

from enum import IntEnum
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray, FloatArray
from modelfleet.domain.gates import (
    ChampionEvidence,
    Decision,
    Evidence,
    GateResult,
    Status,
    judge,
)
from modelfleet.domain.parameters.evaluation import GateParameters
from modelfleet.fleet.arrays import as_floats
from modelfleet.fleet.demands import demands_of, warn_of_strange_groups
from modelfleet.fleet.sentences import explain_verdicts

__all__ = ["TRACES", "evidence_from", "judge_candidates", "make_scorecard"]

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


class Mode(IntEnum):
    """How sure the gate must be; the names are those of the configuration."""

    EXPECTED = 0
    STRICT = 1


TRACES = ("actual_trace", "forecast_trace", "baseline_trace")
"""Columns of the candidates that only pictures need; nine tenths of the table."""


def judge_candidates(
    candidates: pl.DataFrame,
    sensors: pl.DataFrame,
    *,
    weeks: int,
    gate: GateParameters,
    champion: ChampionEvidence | None = None,
) -> pl.DataFrame:
    """Judge every trained candidate of the fleet.

    Args:
        candidates: one row per admitted sensor; failed ones are left out.
        sensors: ``sensor_id``, ``cohort``, ``kind``.
        weeks: judged weeks.
        gate: margins and levels.
        champion: what serves the sensors of the answer now, in its order; ``None`` if nothing does.

    Returns:
        one row per trained candidate, sorted: ``decision``, ``accepted``, ``mode``, ``reasons``,
        ``sentence``, the gain, and status, figure and threshold of each rule.
    """
    trained = (
        candidates.filter(pl.col("outcome") == "trained")
        .join(sensors.select("sensor_id", "cohort", "kind"), on="sensor_id", how="left")
        .sort("sensor_id")
    )
    warn_of_strange_groups(sensors, gate)
    demands = demands_of(trained, gate)
    result = judge(
        evidence_from(trained, weeks), demands=demands, parameters=gate, champion=champion
    )
    return pl.DataFrame(
        {
            "sensor_id": trained["sensor_id"],
            "decision": _names(result.decision, Decision),
            "accepted": result.accepted,
            "mode": _names(demands.strict.astype(np.int8), Mode),
            "reasons": _reasons(result),
            "sentence": pl.Series(explain_verdicts(result, strict=demands.strict), dtype=pl.String),
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
        "decision",
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


def evidence_from(trained: pl.DataFrame, weeks: int) -> Evidence:
    """The evidence of trained candidates, one row each, in their order."""

    def table(name: str) -> FloatArray:
        rows = trained[name].cast(pl.List(pl.Float64)).list.to_array(weeks)
        return as_floats(rows.explode()).reshape(len(rows), weeks)

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
    for rule in result.all_rules:
        columns[f"{rule.code}_status"] = _names(rule.status, Status)
        columns[f"{rule.code}_figure"] = _nullable(rule.figure)
        columns[f"{rule.code}_threshold"] = _nullable(rule.threshold)
    return columns


def _reasons(result: GateResult) -> pl.Series:
    """Codes that speak against each sensor, in the order of the rules; lists without loops."""
    sensor, rule = np.nonzero(result.objections)
    codes = pl.Series([each.code for each in result.all_rules], dtype=pl.String)
    said = pl.DataFrame({"sensor": sensor, "reasons": codes.gather(rule)})
    lists = said.group_by("sensor", maintain_order=True).agg("reasons")
    everybody = pl.DataFrame({"sensor": np.arange(len(result.decision))})
    joined = everybody.join(lists, on="sensor", how="left", maintain_order="left")
    return joined["reasons"].fill_null(pl.lit([], dtype=pl.List(pl.String)))


def _names(codes: AnyArray, kind: type[IntEnum]) -> pl.Series:
    """Members of an enumeration by name, in small letters."""
    names = pl.Series([member.name.lower() for member in kind], dtype=pl.String)
    return names.gather(codes.astype(np.uint32))


def _nullable(values: FloatArray) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).fill_nan(None)
