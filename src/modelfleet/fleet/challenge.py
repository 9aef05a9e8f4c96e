"""Candidates against champions: who challenges whom, and the evidence the gate asks for."""

from dataclasses import replace

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.gates import ChampionEvidence
from modelfleet.fleet.arrays import as_floats
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.champions import Champions, models_in_service
from modelfleet.fleet.roster import Roster
from modelfleet.fleet.sharded import ShardedFrame
from modelfleet.fleet.tasks.comparison import ChampionModel, ComparisonTask
from modelfleet.fleet.tasks.training import TrainingTask

__all__ = ["challenge", "champion_evidence", "versions_in_service"]


def challenge(
    training: TrainingTask, candidates: ShardedFrame, champions: Champions
) -> ComparisonTask:
    """The task in which champions are compared with the candidates that challenge them.

    Args:
        training: the task that made the candidates.
        candidates: what it made.
        champions: what is live.
    """
    columns = ("sensor_id", "outcome", "version", "recipe")
    trained = candidates.scan().select(columns).filter(pl.col("outcome") == "trained").collect()
    models = _challenged(champions, trained, training.axis)
    members = {
        shard: tuple(member for member in members if member.sensor_id in models)
        for shard, members in training.roster.members.items()
    }
    recipes = dict(trained.select("sensor_id", "recipe").iter_rows())
    return ComparisonTask(
        replace(training, roster=Roster({s: found for s, found in members.items() if found})),
        recipes={sensor_id: recipes[sensor_id] for sensor_id in models},
        champions=models,
    )


def _challenged(
    champions: Champions, trained: pl.DataFrame, axis: Axis
) -> dict[str, ChampionModel]:
    """Champions whose sensor has a candidate that is another model."""
    other = models_in_service(champions).join(
        trained.select("sensor_id", candidate="version"), on="sensor_id", how="inner"
    )
    if other.is_empty():
        return {}
    rows = other.filter(pl.col("version") != pl.col("candidate")).iter_rows(named=True)
    return {
        row["sensor_id"]: ChampionModel(
            version=row["version"],
            specification=row["specification"],
            feature_names=tuple(row["feature_names"]),
            coefficients=None if row["coefficients"] is None else tuple(row["coefficients"]),
            intercept=row["intercept"] or 0.0,
            model_bytes=row["model_bytes"],
            trained_to=axis.index(row["trained_to"]),
        )
        for row in rows
    }


def champion_evidence(
    trained: pl.DataFrame, champions: Champions, comparisons: pl.DataFrame, *, weeks: int
) -> ChampionEvidence:
    """What the gate knows of the champions of trained candidates.

    Args:
        trained: candidates in the order of the verdicts: ``sensor_id``, ``version``, ``loss``,
            ``hours``.
        champions: what is live.
        comparisons: see :data:`~modelfleet.fleet.tasks.comparison.COMPARISON_SCHEMA`.
        weeks: judged weeks.
    """
    table = trained.select(
        "sensor_id",
        "version",
        own_loss="loss",
        own_hours="hours",
        champion=versions_in_service(trained, champions),
    )
    told = comparisons.rename({"version": "champion"})  # of another champion it would say nothing
    table = table.join(told, on=["sensor_id", "champion"], how="left", maintain_order="left")
    hours = np.nan_to_num(_weekly(table["hours"], weeks))
    same_hours = hours == np.nan_to_num(_weekly(table["own_hours"], weeks))
    refit = _flags(table["same_recipe"])
    own = np.where(same_hours, _weekly(table["own_loss"], weeks), np.nan)
    other = _weekly(table["candidate_loss"], weeks)
    return ChampionEvidence(
        serves_model=table["champion"].is_not_null().to_numpy(),
        same_recipe=refit,
        same_model=_flags(table["champion"] == table["version"]),
        out_of_sample=_weekly(table["out_of_sample"].cast(pl.List(pl.Float64)), weeks) == 1.0,
        loss=_weekly(table["loss"], weeks),
        candidate_loss=np.where(refit[:, None], own, other),
        baseline_loss=_weekly(table["baseline_loss"], weeks),
        hours=hours,
        valid_share=as_floats(table["valid_share"]),
        mean_error=as_floats(table["mean_error"]),
        mae=as_floats(table["mae"]),
    )


def versions_in_service(trained: pl.DataFrame, champions: Champions) -> pl.Series:
    """The model that serves each of these sensors now; null where none does."""
    serving = models_in_service(champions).select("sensor_id", champion="version")
    found = trained.select("sensor_id").join(
        serving, on="sensor_id", how="left", maintain_order="left"
    )
    return found["champion"].cast(pl.String)


def _weekly(column: pl.Series, weeks: int) -> FloatArray:
    """One row per sensor, NaN where there is none; shape (n, weeks)."""
    found = np.full((len(column), weeks), np.nan)
    known = column.is_not_null().to_numpy()
    if known.any():
        rows = column.drop_nulls().cast(pl.List(pl.Float64)).list.to_array(weeks)
        found[known] = as_floats(rows.explode()).reshape(-1, weeks)
    return found


def _flags(column: pl.Series) -> BoolArray:
    return np.asarray(column.fill_null(value=False).to_numpy(), dtype=np.bool_)
