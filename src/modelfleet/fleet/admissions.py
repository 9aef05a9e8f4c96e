"""Which sensors a model may learn from, and why the others may not."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from modelfleet.domain.admission import Condition, SensorCondition, find_faults
from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.parameters.validation import AdmissionParameters

__all__ = ["decide_admissions", "describe_profiles"]


ADMISSION_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "admitted": pl.Boolean(),
        "reasons": pl.List(pl.String),
        "explanation": pl.List(pl.String),
    }
)


def describe_profiles(
    sensors: pl.DataFrame, profiles: pl.DataFrame, rejected: pl.DataFrame
) -> pl.DataFrame:
    """Complete the measured profiles with what is known of each sensor from elsewhere.

    Args:
        sensors: ``sensor_id``, ``cohort``, ``kind``: the fleet.
        profiles: measured from readings.
        rejected: rejected rows, with ``sensor_id`` and ``reason``.

    Returns:
        one row per known sensor: the profile, ``cohort``, ``kind``, ``rejected_rows``,
        ``out_of_range_rows`` and ``rejected_share``.
    """
    limits = ("below_lower_limit", "above_upper_limit")
    refused = rejected.group_by("sensor_id").agg(
        rejected_rows=pl.len().cast(pl.Int64),
        out_of_range_rows=pl.col("reason").is_in(limits).sum().cast(pl.Int64),
    )
    zero = pl.col("rejected_rows", "out_of_range_rows", "readings").fill_null(0)
    return (
        sensors.select("sensor_id", "cohort", "kind")
        .join(profiles, on="sensor_id", how="left")
        .join(refused, on="sensor_id", how="left")
        .with_columns(zero)
        .with_columns(
            rejected_share=pl.col("rejected_rows")
            / (pl.col("rejected_rows") + pl.col("readings")).clip(lower_bound=1)
        )
        .sort("sensor_id")
    )


def decide_admissions(
    profiles: pl.DataFrame, unmet: Mapping[str, list[str]], limits: AdmissionParameters
) -> pl.DataFrame:
    """Admit or quarantine each sensor.

    Args:
        profiles: from :func:`describe_profiles`.
        unmet: reasons by sensor from expectations that quarantine.
        limits: what a sensor must bring.

    Returns:
        ``sensor_id``, ``admitted``, ``reasons`` (codes) and ``explanation``: each reason with what
        was measured and what is allowed.
    """
    ids = profiles["sensor_id"].to_list()
    conditions = find_faults(_condition(profiles), limits)
    failed = [outcome == "failed" for outcome in profiles["outcome"]]
    rows = []
    for position, sensor_id in enumerate(ids):
        codes = [code for code, found in conditions.items() if found.at_fault[position]]
        codes += [code for code in unmet.get(sensor_id, []) if code not in codes]
        codes += ["profile_failed"] if failed[position] else []
        rows.append(
            {
                "sensor_id": sensor_id,
                "admitted": not codes,
                "reasons": codes,
                "explanation": [_explain(conditions, code, position) for code in codes],
            }
        )
    return pl.DataFrame(rows, schema=ADMISSION_SCHEMA)


def _explain(conditions: Mapping[str, Condition], code: str, position: int) -> str:
    if code not in conditions:
        return code
    found = conditions[code]
    return f"{code}: {found.figure[position]:.4g}, limit {found.threshold:g}"


def _condition(profiles: pl.DataFrame) -> SensorCondition:
    def figures(name: str) -> FloatArray:
        return np.asarray(profiles[name].cast(pl.Float64).fill_null(float("nan")), dtype=np.float64)

    return SensorCondition(
        readings=figures("readings"),
        history_weeks=figures("history_weeks"),
        silence_hours=figures("silence_hours"),
        coverage=figures("coverage"),
        longest_gap_hours=figures("longest_gap_hours"),
        stuck_share=figures("stuck_share"),
        stuck_end_hours=figures("stuck_end_hours"),
        level_jumps=figures("level_jump_days"),
        rejected_share=figures("rejected_share"),
        spread=figures("spread"),
    )
