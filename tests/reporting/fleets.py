"""Small made-up fleets, shaped like the tables that the stages leave."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from modelfleet.fleet.retirement import RETIRED
from modelfleet.reporting import ReportContent

END = datetime(2024, 3, 31, 23, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")
NASTY = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "../../etc/passwd",
    "$\\frac{1}{0}$ & $x_{",
    "{{ 7 * 7 }}{% raw %}",
    "line\nbreak\u2028\u202e\x00",
    "",
    "' onmouseover='x",
)
UNMET = {
    "table": "profiles",
    "type": "values_between",
    "column": "coverage",
    "consequence": "quarantine",
    "reason": "low_coverage",
    "success": False,
    "unexpected_count": 1,
    "unexpected_sensors": ["<i>s1</i>"],
    "message": "<u>too low</u>",
}


def make_fleet(
    ids: Sequence[str],
    *,
    quarantined: Sequence[str] = (),
    failed: Sequence[str] = (),
    rejected: Sequence[str] = (),
    unserved: Sequence[str] = (),
    retired: Sequence[str] = (),
    weeks: int = 8,
) -> dict[str, pl.DataFrame]:
    """All tables of a fleet in which every other sensor is accepted."""
    admitted = [i for i in ids if i not in {*quarantined, *retired}]
    trained = [i for i in admitted if i not in failed]
    candidates = _candidates(admitted, failed)
    verdicts = _verdicts(trained, rejected)
    sensors = pl.DataFrame(
        {
            "sensor_id": list(ids),
            "cohort": [f"cohort/{k % 3}" for k in range(len(ids))],
            "kind": ["flow"] * len(ids),
            "unit": ["l/s"] * len(ids),
        },
        schema=dict.fromkeys(("sensor_id", "cohort", "kind", "unit"), pl.String),
    )
    return {
        "sensors": sensors,
        "profiles": _profiles(ids, weeks),
        "admissions": _admissions(ids, quarantined, retired),
        "baselines": _baselines(ids, unserved),
        "candidates": candidates,
        "verdicts": verdicts,
        "scorecard": _scorecard(sensors, candidates, verdicts),
    }


def make_content(ids: Sequence[str] = ("a", "b", "c"), **changes: Any) -> ReportContent:
    """The content of a report; keyword arguments of the fleet and of the content alike."""
    shape = ("quarantined", "failed", "rejected", "unserved", "retired", "weeks")
    fleet = make_fleet(ids, **{k: changes.pop(k) for k in shape if k in changes})
    content: dict[str, Any] = {
        "fleet": "Test fleet",
        "run": "run-1",
        "made": "1 April 2024",
        "window": "January to March 2024",
        "end": END,
        "step_minutes": 60,
        "account": {
            "rows_in": 1234567,
            "stored": 1234500,
            "duplicates": 60,
            "rejected": {"nan": 7},
        },
        **fleet,
        "traces": fleet["candidates"].lazy(),
    }
    return ReportContent(**(content | changes))


def _profiles(ids: Sequence[str], weeks: int) -> pl.DataFrame:
    rng = np.random.default_rng(7)
    lengths = [max(weeks - k % 3, 1) for k in range(len(ids))]
    return pl.DataFrame(
        {
            "sensor_id": list(ids),
            "history_weeks": [length - 0.5 for length in lengths],
            "weekly_coverage": [(0.5 + rng.random(n) / 2).tolist() for n in lengths],
        },
        schema={
            "sensor_id": pl.String,
            "history_weeks": pl.Float64,
            "weekly_coverage": pl.List(pl.Float32),
        },
    )


def _admissions(
    ids: Sequence[str], quarantined: Sequence[str], retired: Sequence[str]
) -> pl.DataFrame:
    said = {
        **dict.fromkeys(quarantined, ("dead", "dead: 400, limit 168")),
        **dict.fromkeys(retired, (RETIRED, f"{RETIRED}: since 2024-03-01 00:00 UTC")),
    }
    return pl.DataFrame(
        {
            "sensor_id": list(ids),
            "admitted": [i not in said for i in ids],
            "reasons": [[said[i][0]] if i in said else [] for i in ids],
            "explanation": [[said[i][1]] if i in said else [] for i in ids],
        },
        schema={
            "sensor_id": pl.String,
            "admitted": pl.Boolean,
            "reasons": pl.List(pl.String),
            "explanation": pl.List(pl.String),
        },
    )


def _baselines(ids: Sequence[str], unserved: Sequence[str]) -> pl.DataFrame:
    none = [i in unserved for i in ids]
    return pl.DataFrame(
        {
            "sensor_id": list(ids),
            "outcome": ["none" if n else "fitted" for n in none],
            "reason": ["weekly_naive knows no value" if n else None for n in none],
            "version": ["v"] * len(ids),
        },
        schema=dict.fromkeys(("sensor_id", "outcome", "reason", "version"), pl.String),
    )


def _candidates(ids: Sequence[str], failed: Sequence[str]) -> pl.DataFrame:
    wave = np.sin(np.arange(336) / 24 * 2 * np.pi)
    broken = wave.copy()
    broken[[0, 5, 6, 7, 330, 332]] = np.nan
    bad = [i in failed for i in ids]
    schema: dict[str, Any] = {
        **dict.fromkeys(("sensor_id", "outcome", "reason", "version", "recipe"), pl.String),
        **{n: pl.List(pl.Float64) for n in ("loss", "baseline_loss")},
        **{f"{n}_trace": pl.List(pl.Float32) for n in ("actual", "forecast", "baseline")},
    }
    return pl.DataFrame(
        {
            "sensor_id": list(ids),
            "outcome": ["failed" if b else "trained" for b in bad],
            "reason": ["ValueError: <b>no rows</b>" if b else None for b in bad],
            "version": ["v"] * len(ids),
            "recipe": ["ridge"] * len(ids),
            "loss": [None if b else [1.0, float("nan"), 0.5] for b in bad],
            "baseline_loss": [None if b else [1.0, 1.0, 1.0] for b in bad],
            "actual_trace": [None if b else broken.tolist() for b in bad],
            "forecast_trace": [None if b else (wave * 0.9).tolist() for b in bad],
            "baseline_trace": [None if b else [None] * 336 for b in bad],
        },
        schema=schema,
    )


def _verdicts(ids: Sequence[str], rejected: Sequence[str]) -> pl.DataFrame:
    accepted = [i not in rejected for i in ids]
    gain = [0.1 + 0.01 * (k % 50) if a else -0.2 - 0.01 * k for k, a in enumerate(accepted)]
    return pl.DataFrame(
        {
            "sensor_id": list(ids),
            "decision": ["accept" if a else "baseline" for a in accepted],
            "accepted": accepted,
            "champion_version": None,
            "override": None,
            "reasons": [[] if a else ["not_better_than_baseline"] for a in accepted],
            "sentence": [f"better in {11 if a else 2} of 12 weeks" for a in accepted],
            "gain": gain,
            "gain_error": [0.02] * len(ids),
            "weeks": [12] * len(ids),
            "better_weeks": [11 if a else 2 for a in accepted],
            "probability": [0.99 if a else 0.1 for a in accepted],
            "p_value": [0.01 if a else 0.9 for a in accepted],
        },
        schema={
            "sensor_id": pl.String,
            "decision": pl.String,
            "accepted": pl.Boolean,
            "champion_version": pl.String,
            "override": pl.String,
            "reasons": pl.List(pl.String),
            "sentence": pl.String,
            "gain": pl.Float64,
            "gain_error": pl.Float64,
            "weeks": pl.Int64,
            "better_weeks": pl.Int64,
            "probability": pl.Float64,
            "p_value": pl.Float64,
        },
    )


def _scorecard(
    sensors: pl.DataFrame, candidates: pl.DataFrame, verdicts: pl.DataFrame
) -> pl.DataFrame:
    figures = (
        "baseline_mae",
        "mae",
        "mase",
        "mean_error",
        "valid_share",
        "rows",
        "carried_hours",
        "excluded_hours",
    )
    day = pl.lit(datetime(2024, 1, 1, tzinfo=UTC), dtype=TIME)
    return (
        sensors.join(candidates.select("sensor_id", "recipe"), on="sensor_id", how="left")
        .join(verdicts.drop("reasons"), on="sensor_id", how="left")
        .with_columns(
            pl.lit("weekly_naive").alias("baseline"),
            *(pl.lit(1.5).alias(name) for name in figures),
            skill=pl.col("gain"),
            trained_from=day,
            trained_to=day,
        )
    )
