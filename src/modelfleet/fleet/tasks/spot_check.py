"""Refits some sensors of the fast path with scikit-learn, and compares."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray, IntArray
from modelfleet.domain.features import Design
from modelfleet.domain.forecasters import FittedModel, LinearModel, make_forecaster
from modelfleet.domain.lineage import canonical_json, digest_of, stable_seed
from modelfleet.domain.parameters.recipes import EstimatorParameters
from modelfleet.domain.windows import Window
from modelfleet.fleet.blocks import Block, blocks
from modelfleet.fleet.isolation import isolated
from modelfleet.fleet.judged import Judged, judged_series
from modelfleet.fleet.roster import Member
from modelfleet.fleet.rows import table_of
from modelfleet.fleet.tasks.training import TrainingTask

__all__ = ["SPOT_CHECK_SCHEMA", "TOLERANCE", "SpotCheckTask"]

TOLERANCE = 1e-6
"""Largest difference between forecasts, as a share of the largest forecast."""

SPOT_CHECK_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "outcome": pl.String(),
        "reason": pl.String(),
        "difference": pl.Float64(),
    }
)
"""One row per checked sensor: ``equal``, ``differs``, or ``failed`` where it could not be told."""


@dataclass(frozen=True)
class SpotCheckTask:
    """One row of :data:`SPOT_CHECK_SCHEMA` per sensor that is checked.

    The model that serves is compared as it was stored; of the backtest the first fit, made again.

    Attributes:
        training: the task that made the models, with nobody but the sensors that are checked.
        recipes: what each sensor's model was made of.
        models: coefficients by sensor, the intercept last, as stored.
    """

    training: TrainingTask
    recipes: Mapping[str, str]
    models: Mapping[str, tuple[float, ...]]
    kind: str = "spot_checks"

    @property
    def schema(self) -> pl.Schema:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return SPOT_CHECK_SCHEMA

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
            models={i: self.models[i] for i in ids},
        )

    def sensor_ids(self) -> tuple[str, ...]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.training.sensor_ids()

    def effort(self) -> int:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return len(self.sensor_ids())

    def fingerprint(self) -> str:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        models = {i: [number.hex() for number in model] for i, model in self.models.items()}
        return digest_of(self.training.fingerprint(), canonical_json([self.recipes, models]))

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        checked = readings.filter(pl.col("sensor_id").is_in(self.sensor_ids()))
        found = dict(blocks(checked, self.training.axis))
        rows = [
            isolated(
                functools.partial(self._check, member, found[member.sensor_id]),
                sensor_id=member.sensor_id,
            )
            for member in self.training.roster.all()
        ]
        return table_of(rows, SPOT_CHECK_SCHEMA)

    def _check(self, member: Member, block: Block) -> dict[str, Any]:
        task, recipe = self.training, self.recipes[member.sensor_id]
        judged = judged_series(block, member, task.axis, weeks=task.backtest.weeks)
        design, plan = task.design(recipe, judged), task.plan(judged)
        estimator = task.parameters.recipes[recipe].estimator
        *coefficients, intercept = self.models[member.sensor_id]
        served = LinearModel(np.array(coefficients), intercept)
        compare = functools.partial(_difference, judged, design, estimator)
        differences = [compare(served, plan.final)]
        learnable = judged.series.learnable & design.usable
        forecaster = make_forecaster(
            estimator, packages=task.parameters.allowed_packages, seed=stable_seed(member.sensor_id)
        )
        (first,) = forecaster.refit(
            design.columns,
            judged.series.values,
            learnable,
            plan.training[:1],
            min_rows=task.min_rows,
        )
        if first is not None:
            differences.append(compare(first, plan.training[0]))
        difference = max(differences)
        return {
            "outcome": "equal" if difference <= TOLERANCE else "differs",
            "difference": difference,
        }


def _difference(
    judged: Judged,
    design: Design,
    estimator: EstimatorParameters,
    model: FittedModel,
    window: Window,
) -> float:
    """Between forecasts of a model and of scikit-learn's fit, on the rows of a window."""
    learnable = judged.series.learnable & design.usable
    rows: IntArray = window.start + np.flatnonzero(learnable[window.steps])
    features = design.columns.take(rows)
    matrix = np.ascontiguousarray(features.values)
    expected: FloatArray = (
        _reference(estimator).fit(matrix, judged.series.values[rows]).predict(matrix)
    )
    return float(np.abs(model.predict(features) - expected).max() / np.abs(expected).max())


def _reference(estimator: EstimatorParameters) -> Any:
    """What the estimator is without the fast path."""
    from sklearn import linear_model
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kind = getattr(linear_model, estimator.class_path.rpartition(".")[2])
    made = kind(**estimator.arguments)
    return make_pipeline(StandardScaler(), made) if estimator.standardise else made
