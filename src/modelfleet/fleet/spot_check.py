"""Holds the fast path to scikit-learn's answer, in every run, on some of its sensors."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.errors import TaskError, listing
from modelfleet.domain.lineage import stable_hash
from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.aside import SCIKIT_LEARN
from modelfleet.fleet.engine import map_shards
from modelfleet.fleet.engine.aside import AsideEngine
from modelfleet.fleet.roster import Roster
from modelfleet.fleet.sharded import ReadingsSource, ShardedFrame, Workspace
from modelfleet.fleet.tasks import SpotCheckTask, TrainingTask

__all__ = ["CHECKED", "spot_check"]

logger = logging.getLogger(__name__)

CHECKED = 20
"""Sensors that are fitted again with scikit-learn."""

GATE = "scipy.optimize"
"""What the gate will need: it takes half a second to load, in which this process would wait."""

TOGETHER = 5
"""Of them, how many are drawn from one shard where there are enough: to read a shard takes longer
than to fit a sensor of it."""


def spot_check(
    task: TrainingTask,
    candidates: ShardedFrame,
    *,
    source: ReadingsSource,
    workspace: Workspace,
    engine: EngineParameters,
) -> ShardedFrame:
    """Fit some sensors of the fast path again with scikit-learn, and compare.

    Which ones changes with the fleet's window. What was compared once is not compared again.

    Args:
        task: that made the candidates.
        candidates: what it made.
        source: where readings come from.
        workspace: where results go.
        engine: how many sensors a worker takes at a time; the worker is the process that loads
            scikit-learn while others train, or this one.

    Raises:
        TaskError: forecasts differ by more than 1e-6, or could not be compared.
    """
    models = _chosen(candidates, task)
    members = {
        shard: tuple(m for m in members if m.sensor_id in models)
        for shard, members in task.roster.members.items()
    }
    check = SpotCheckTask(
        replace(task, roster=Roster({s: found for s, found in members.items() if found})),
        recipes={sensor_id: row["recipe"] for sensor_id, row in models.items()},
        models={i: (*row["coefficients"], row["intercept"]) for i, row in models.items()},
    )
    aside = AsideEngine(SCIKIT_LEARN, meanwhile=GATE)
    found = map_shards(check, source=source, workspace=workspace, engine=engine, opened=aside)
    _refuse_differences(found.scan().collect())
    return found


def _chosen(candidates: ShardedFrame, task: TrainingTask) -> dict[str, dict[str, Any]]:
    """Stored models of the sensors that are checked, by sensor."""
    fast = pl.col("coefficients").is_not_null()
    ids = set(candidates.scan().filter(fast).select("sensor_id").collect()["sensor_id"])
    shards = {
        shard: [member.sensor_id for member in members if member.sensor_id in ids]
        for shard, members in task.roster.members.items()
    }
    chosen = _draw(shards, salt=f"{task.axis.stop}:")
    columns = ("sensor_id", "recipe", "coefficients", "intercept")
    rows = candidates.scan().filter(pl.col("sensor_id").is_in(chosen)).select(columns).collect()
    return {row["sensor_id"]: row for row in rows.iter_rows(named=True)}


def _draw(shards: Mapping[int, Sequence[str]], *, salt: str) -> list[str]:
    """Some sensors of a few shards, by the hash of their names; the others' turn comes later."""
    turns = [
        (place // TOGETHER, stable_hash(f"{salt}{shard}"), sensor_id)
        for shard, ids in shards.items()
        for place, sensor_id in enumerate(sorted(ids, key=lambda i: stable_hash(salt + i)))
    ]
    return [sensor_id for *_, sensor_id in sorted(turns)[:CHECKED]]


def _refuse_differences(checks: pl.DataFrame) -> None:
    wrong = checks.filter(pl.col("outcome") != "equal")
    if wrong.height:
        differences, reasons = wrong["difference"].drop_nulls(), wrong["reason"].drop_nulls()
        told = reasons[0] if reasons.len() else f"{differences.to_numpy().max():.1e} of a forecast"
        raise TaskError(
            f"models of {listing(wrong['sensor_id'])} are not those of scikit-learn: {told}; no "
            "model of this run is to be trusted; run the tests on this machine (make test "
            "ARGS='-k linear'), whose processor or libraries may compute wrongly"
        )
    largest = np.max(checks["difference"].to_numpy(), initial=0.0)
    logger.info(
        "%d models compared with scikit-learn's: equal to %.0e of the forecast",
        checks.height,
        largest,
    )
