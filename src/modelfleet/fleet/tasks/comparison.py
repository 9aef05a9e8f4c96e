"""Lets the champions of a shard forecast the weeks that their challengers are judged on."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.backtest import run_backtest
from modelfleet.domain.features import build_design
from modelfleet.domain.forecasters import LinearModel, make_forecaster
from modelfleet.domain.forecasters.base import FittedModel
from modelfleet.domain.lineage import canonical_json, digest_of, stable_seed
from modelfleet.domain.parameters.recipes import RecipeParameters
from modelfleet.domain.scoring import measure_errors, weekly_loss
from modelfleet.fleet.blocks import Block, blocks
from modelfleet.fleet.isolation import isolated
from modelfleet.fleet.judged import Judged, judged_series
from modelfleet.fleet.model_bytes import model_from_bytes
from modelfleet.fleet.roster import Member
from modelfleet.fleet.rows import table_of
from modelfleet.fleet.tasks.training import TrainingTask

__all__ = ["COMPARISON_SCHEMA", "ChampionModel", "ComparisonTask"]

COMPARISON_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "outcome": pl.String(),
        "reason": pl.String(),
        "version": pl.String(),
        "same_recipe": pl.Boolean(),
        "out_of_sample": pl.List(pl.Boolean),
        "loss": pl.List(pl.Float64),
        "candidate_loss": pl.List(pl.Float64),
        "baseline_loss": pl.List(pl.Float64),
        "hours": pl.List(pl.Float64),
        "valid_share": pl.Float64(),
        "mean_error": pl.Float64(),
        "mae": pl.Float64(),
    }
)
"""One row per champion that is challenged, by its ``version``: ``compared`` or ``failed``.

Losses are weekly mean absolute errors on the same ``hours``, in the unit of the readings.
``candidate_loss`` is null where the recipe is the same: there the candidate's own evidence holds.
The figures at the end are of the champion over the weeks that are out of sample."""


@dataclass(frozen=True)
class ChampionModel:
    """A model that serves, as its release has it.

    Attributes:
        version: its name.
        specification: the recipe it was made by, as canonical JSON.
        feature_names: the columns it was fitted on.
        coefficients: of a linear model; ``None`` for another.
        intercept: of a linear model.
        model_bytes: of another.
        trained_to: grid index of the last step it learned from.
    """

    version: str
    specification: str
    feature_names: tuple[str, ...]
    coefficients: tuple[float, ...] | None
    intercept: float
    model_bytes: bytes | None
    trained_to: int

    @functools.cached_property
    def recipe(self) -> RecipeParameters:
        """The recipe it was made by."""
        return RecipeParameters(**json.loads(self.specification))

    def load(self, packages: tuple[str, ...]) -> FittedModel:
        """The fitted model."""
        if self.coefficients is not None:
            return LinearModel(np.array(self.coefficients), self.intercept)
        return model_from_bytes(self.model_bytes or b"", packages=packages)


@dataclass(frozen=True)
class ComparisonTask:
    """One row of :data:`COMPARISON_SCHEMA` per champion that is challenged.

    Where the candidate is the champion's recipe fitted anew, the champion itself forecasts, and the
    weeks count that lie after what it learned from. Where the recipe is another, the champion's own
    one is fitted anew at each origin like the candidate's.

    Attributes:
        training: the task that made the candidates, with nobody but the sensors in question.
        recipes: what each sensor's candidate was made by.
        champions: what serves each sensor now.
    """

    training: TrainingTask
    recipes: Mapping[str, str]
    champions: Mapping[str, ChampionModel]
    kind: str = "comparisons"

    @property
    def schema(self) -> pl.Schema:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return COMPARISON_SCHEMA

    def shards(self) -> Mapping[int, int]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.training.shards()

    def part(self, shard: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self._only(self.training.part(shard))

    def piece(self, start: int, stop: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self._only(self.training.piece(start, stop))

    def _only(self, training: TrainingTask) -> Self:
        ids = training.sensor_ids()
        return replace(
            self,
            training=training,
            recipes={i: self.recipes[i] for i in ids},
            champions={i: self.champions[i] for i in ids},
        )

    def sensor_ids(self) -> tuple[str, ...]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.training.sensor_ids()

    def effort(self) -> int:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.training.effort()

    def fingerprint(self) -> str:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        champions = sorted((i, c.version, c.specification) for i, c in self.champions.items())
        challenge = canonical_json([champions, sorted(self.recipes.items())])
        return digest_of(self.training.fingerprint(), challenge)

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        found = dict(blocks(readings, self.training.axis))
        rows = [
            isolated(
                functools.partial(self._compare, member, found.get(member.sensor_id)),
                sensor_id=member.sensor_id,
            )
            for member in self.training.roster.all()
        ]
        return table_of(rows, COMPARISON_SCHEMA)

    def _compare(self, member: Member, block: Block | None) -> dict[str, Any]:
        if block is None:
            raise ValueError("there are no readings")
        training = self.training
        judged = judged_series(block, member, training.axis, weeks=training.backtest.weeks)
        champion = self.champions[member.sensor_id]
        recipe = training.parameters.recipes[self.recipes[member.sensor_id]]
        if _same(champion.recipe, recipe):
            weeks = self._weeks_after(champion, judged)
            forecast = self._of_champion(champion, judged)
            return self._row(member, judged, weeks, forecast)
        every = np.ones(judged.weeks, dtype=np.bool_)
        forecast = self._refitted(champion.recipe, member, judged)
        return self._row(member, judged, every, forecast, self._refitted(recipe, member, judged))

    def _weeks_after(self, champion: ChampionModel, judged: Judged) -> BoolArray:
        """Judged weeks that begin after what the champion learned from; shape (weeks,)."""
        axis = self.training.axis
        starts = axis.stop - np.arange(judged.weeks, 0, -1) * axis.grid.per_week
        return np.asarray(starts > champion.trained_to, dtype=np.bool_)

    def _of_champion(self, champion: ChampionModel, judged: Judged) -> FloatArray:
        """What the champion itself says of the judged weeks; shape (n,)."""
        design = build_design(
            judged.series,
            judged.calendar,
            champion.recipe.features,
            horizon=self.training.horizon,
            covariates=self.training.covariates,
        )
        if design.names != champion.feature_names:
            raise ValueError("features are made otherwise than when the champion was fitted")
        forecast = np.full(len(judged.series.values), np.nan)
        first = max(len(forecast) - judged.weeks * judged.calendar.grid.per_week, 0)
        rows = first + np.flatnonzero(design.usable[first:])
        if len(rows):
            model = champion.load(self.training.parameters.allowed_packages)
            forecast[rows] = model.predict(design.columns.take(rows))
        return forecast

    def _refitted(self, recipe: RecipeParameters, member: Member, judged: Judged) -> FloatArray:
        """What a recipe, fitted anew at each origin, says of the judged weeks; shape (n,)."""
        training = self.training
        design = build_design(
            judged.series,
            judged.calendar,
            recipe.features,
            horizon=training.horizon,
            covariates=training.covariates,
        )
        forecaster = make_forecaster(
            recipe.estimator,
            packages=training.parameters.allowed_packages,
            seed=stable_seed(member.sensor_id),
        )
        plan = training.plan(judged)
        return run_backtest(
            judged.series, design, forecaster, plan, min_rows=training.min_rows
        ).forecast

    def _row(
        self,
        member: Member,
        judged: Judged,
        weeks: BoolArray,
        champion: FloatArray,
        candidate: FloatArray | None = None,
    ) -> dict[str, Any]:
        backup = self.training.backup(member, judged)
        said = judged.by_week(champion)
        forecast = self.training.replay(member, judged, said, backup).forecast
        other = forecast
        if candidate is not None:
            own = judged.by_week(candidate)
            other = self.training.replay(member, judged, own, backup).forecast
        actual = np.where(weeks[:, None], judged.actual, np.nan)
        valid = judged.valid(forecast, backup, other) & weeks[:, None]
        loss = weekly_loss(actual, forecast, valid)
        errors = measure_errors(actual, forecast, valid, scale=(0.0, 0.0))
        read = np.isfinite(actual)
        return {
            "outcome": "compared",
            "version": self.champions[member.sensor_id].version,
            "same_recipe": candidate is None,
            "out_of_sample": weeks.tolist(),
            "loss": loss.loss,
            "candidate_loss": None if candidate is None else weekly_loss(actual, other, valid).loss,
            "baseline_loss": weekly_loss(actual, backup, valid).loss,
            "hours": judged.hours(loss),
            "valid_share": float(np.isfinite(said[read]).mean()) if read.any() else None,
            "mean_error": errors.mean_error,
            "mae": errors.mae,
        }


def _same(one: RecipeParameters, other: RecipeParameters) -> bool:
    """Whether two recipes make the same model of the same data."""
    return (one.features, one.estimator) == (other.features, other.estimator)
