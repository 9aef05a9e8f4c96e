"""What the verdicts would have been, had no event been left out: a figure for people.

It shapes no model, no verdict and no release.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl

from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.windows import exclusion_mask
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.roster import Periods, Roster, assign
from modelfleet.fleet.tasks import BaselineTask, TrainingTask, UnexcludedTask

__all__ = ["EFFECT_SCHEMA", "exclusion_effects", "judged_exclusions", "without_exclusions"]

EFFECT_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "excluded_hours": pl.Float64(),
        "judged_excluded_hours": pl.Float64(),
        "decision": pl.String(),
        "decision_without": pl.String(),
        "accepted": pl.Boolean(),
        "accepted_without": pl.Boolean(),
        "gain": pl.Float64(),
        "gain_without": pl.Float64(),
        "mae": pl.Float64(),
        "mae_without": pl.Float64(),
        "sentence_without": pl.String(),
    }
)
"""One row per admitted sensor of whose history something was left out.

``excluded_hours`` are those of its history, ``judged_excluded_hours`` those of the judged weeks
among them. What ends on ``_without`` would hold without the exclusion. A decision is null where no
candidate could be trained; ``sentence_without`` then has the reason."""

FIGURES = ("decision", "accepted", "gain", "mae")


def without_exclusions(
    task: TrainingTask,
    sensors: pl.DataFrame,
    baselines: pl.DataFrame,
    *,
    baseline: BaselineParameters,
    compare: bool,
) -> UnexcludedTask:
    """The work of a training task once more, with nothing left out, where something was.

    Args:
        task: of the run.
        sensors: its sensors, with ``cohort``.
        baselines: ``sensor_id`` and ``excluded_hours``, counted in each sensor's history.
        baseline: which baselines there are, and who gets which.
        compare: ``False`` leaves nobody to be computed.
    """
    touched = set(baselines.filter(pl.col("excluded_hours") > 0)["sensor_id"]) if compare else set()
    assigned = assign(sensors, baseline.assign)
    members = {
        shard: tuple(replace(m, excluded=()) for m in found if m.sensor_id in touched)
        for shard, found in task.roster.members.items()
    }
    members = {shard: found for shard, found in members.items() if found}
    backups = {
        shard: tuple(replace(m, assigned=assigned[m.sensor_id], rivals=()) for m in found)
        for shard, found in members.items()
    }
    return UnexcludedTask(
        BaselineTask(
            Roster(backups), task.axis, task.horizon, baseline, task.backtest, task.intervals
        ),
        replace(task, roster=Roster(members), baselines={}),
    )


def judged_exclusions(
    baselines: pl.DataFrame, periods: Mapping[str, Periods], axis: Axis, *, weeks: int
) -> pl.DataFrame:
    """Hours that were left out of each sensor's history, and of its judged weeks.

    Args:
        baselines: ``sensor_id``, ``excluded_hours``, ``trained_from``.
        periods: left-out periods by sensor.
        axis: of the run.
        weeks: judged weeks.

    Returns:
        ``sensor_id``, ``excluded_hours``, ``judged_excluded_hours``; only sensors with any.
    """
    touched = baselines.filter(pl.col("excluded_hours") > 0)
    judged = axis.stop - weeks * axis.grid.per_week
    hours = []
    for sensor_id, began in touched.select("sensor_id", "trained_from").iter_rows():
        first = max(judged, axis.index(began))
        mask = exclusion_mask(axis.stop - first, first=first, periods=periods.get(sensor_id, ()))
        hours.append(axis.grid.hours(int(mask.sum())))
    return touched.select(
        "sensor_id",
        "excluded_hours",
        judged_excluded_hours=pl.Series(hours, dtype=pl.Float64),
    )


def exclusion_effects(
    candidates: pl.LazyFrame,
    unexcluded: pl.DataFrame,
    verdicts: pl.DataFrame,
    *,
    hours: pl.DataFrame,
    judge: Callable[[pl.DataFrame], pl.DataFrame],
) -> pl.DataFrame:
    """Compare the verdicts with those that there would have been.

    The gate learns from the whole fleet what to expect, so it judges the whole fleet again: the
    evidence of the other sensors stays, that of these is replaced.

    Args:
        candidates: of the run; read only where anything was left out.
        unexcluded: of the sensors of which something was left out, computed without that.
        verdicts: of the run.
        hours: from :func:`judged_exclusions`.
        judge: from candidates to verdicts, as in the run.

    Returns:
        :data:`EFFECT_SCHEMA`, sorted.
    """
    if unexcluded.is_empty():
        return pl.DataFrame(schema=EFFECT_SCHEMA)
    fitted = candidates.collect()
    others = fitted.join(unexcluded, on="sensor_id", how="anti")
    swapped = pl.concat([others, unexcluded.select(others.columns)])
    before = _figures(fitted, verdicts)
    after = _figures(swapped, judge(swapped)).rename(
        {name: f"{name}_without" for name in (*FIGURES, "sentence")}
    )
    return (
        unexcluded.select("sensor_id")
        .join(hours, on="sensor_id", how="left")
        .join(before.drop("sentence"), on="sensor_id", how="left")
        .join(after, on="sensor_id", how="left")
        .sort("sensor_id")
        .select(EFFECT_SCHEMA.names())
        .cast(EFFECT_SCHEMA)
    )


def _figures(candidates: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Of every candidate, what is compared; one that failed has no verdict, and a reason."""
    told = verdicts.select(
        pl.col("sensor_id", "decision", "sentence").cast(pl.String),
        pl.col("accepted").cast(pl.Boolean),
        pl.col("gain").cast(pl.Float64),
    )
    joined = candidates.select("sensor_id", "reason", pl.col("mae").fill_nan(None)).join(
        told, on="sensor_id", how="left"
    )
    return joined.select(
        "sensor_id",
        "decision",
        pl.col("accepted").fill_null(value=False),
        "gain",
        "mae",
        pl.coalesce("sentence", "reason").alias("sentence"),
    )
