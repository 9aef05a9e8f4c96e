"""Backtests and fits the recipe of every admitted sensor of a shard."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from modelfleet.domain.arrays import FloatArray
from modelfleet.domain.backtest import BacktestResult, run_backtest
from modelfleet.domain.features import Covariates, Design, build_design, feature_names
from modelfleet.domain.forecasters import (
    Forecaster,
    LinearModel,
    has_fast_path,
    make_forecaster,
)
from modelfleet.domain.lineage import canonical_json, digest_of, series_digest, stable_seed
from modelfleet.domain.parameters.fleet import BacktestParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.domain.replay import Replay, replay_rules
from modelfleet.domain.rules import NO_FORECAST, Rules
from modelfleet.domain.scoring import measure_errors, sorted_quantiles, weekly_loss
from modelfleet.domain.screening import is_good_enough
from modelfleet.domain.windows import Backtest, plan_backtest
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block, blocks
from modelfleet.fleet.code import code_digest, package_digest
from modelfleet.fleet.interval_evidence import (
    INTERVAL_COLUMNS,
    RESIDUALS,
    interval_shape,
    table_with_intervals,
)
from modelfleet.fleet.isolation import isolated
from modelfleet.fleet.judged import TRACE, TRACED, Judged, backtest_shape, judged_series
from modelfleet.fleet.model_bytes import model_to_bytes
from modelfleet.fleet.profiles import TIME
from modelfleet.fleet.roster import Member, Roster
from modelfleet.fleet.tasks.backups import ask_baseline, ask_baselines
from modelfleet.fleet.tasks.competition import compete

__all__ = ["CANDIDATE_SCHEMA", "TrainingTask"]

RESIDUAL_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

SILENT = Rules().names[NO_FORECAST]

DEAR = 50
"""Cheap sensors that make as much work as one whose estimator is refitted at each origin: at least,
for the dearest take a thousand times as long."""

CANDIDATE_SCHEMA = pl.Schema(
    {
        "sensor_id": pl.String(),
        "outcome": pl.String(),
        "reason": pl.String(),
        "recipe": pl.String(),
        "contenders": pl.List(pl.String),
        "choice_loss": pl.List(pl.Float64),
        "contender_reasons": pl.List(pl.String),
        "estimator": pl.String(),
        "version": pl.String(),
        "feature_names": pl.List(pl.String),
        "coefficients": pl.List(pl.Float64),
        "intercept": pl.Float64(),
        "model_bytes": pl.Binary(),
        "seasonal_mean": pl.List(pl.Float64),
        "loss": pl.List(pl.Float64),
        "baseline_loss": pl.List(pl.Float64),
        "hours": pl.List(pl.Float64),
        "valid_share": pl.Float64(),
        "mae": pl.Float64(),
        "mean_error": pl.Float64(),
        "mase": pl.Float64(),
        "rmsse": pl.Float64(),
        "residual_quantiles": pl.List(pl.Float64),
        **INTERVAL_COLUMNS,
        "forecast_rows": pl.Int64(),
        "rules_broken": pl.List(pl.String),
        "rows_replaced": pl.List(pl.Int64),
        "rows": pl.Int64(),
        "carried_hours": pl.Float64(),
        "excluded_hours": pl.Float64(),
        "trained_from": TIME,
        "trained_to": TIME,
        "actual_trace": TRACE,
        "forecast_trace": TRACE,
        "baseline_trace": TRACE,
    }
)
"""One row per admitted sensor: the model (coefficients, or bytes of another estimator) and its
evidence. ``outcome`` is ``trained`` or ``failed``. ``loss`` and ``baseline_loss`` are weekly mean
absolute errors on the same ``hours``. The evidence is about what would be served: of
``forecast_rows``, rows of the judged weeks that the model has a forecast for, each of
``rules_broken`` gave ``rows_replaced`` to the baseline, and these are judged as served;
``no_forecast`` counts rows since the first reading for which the model has none, which are not
judged. The columns of its interval are those of
:data:`~modelfleet.fleet.interval_evidence.INTERVAL_COLUMNS`. The traces are the last two weeks of
the backtest, step by step, as served. Where
recipes competed, ``contenders`` names them, ``choice_loss`` has their mean absolute errors on the
weeks of the choice (NaN for one without a forecast) and ``contender_reasons`` why one was out of
the race; elsewhere the three are null."""


@dataclass(frozen=True)
class TrainingTask:
    """One row of :data:`CANDIDATE_SCHEMA` per admitted sensor.

    Attributes:
        roster: admitted sensors, each with its recipe, or with several that compete.
        baselines: chosen baseline by sensor.
        baseline_weeks: how far baselines look back.
        axis: the run's time axis.
        horizon: steps that are forecast.
        parameters: the recipes.
        backtest: weeks that are judged, and the weeks before on which recipes compete.
        intervals: how wide intervals are, and how they follow what they cover.
        covariates: companions of the fleet, or ``None``.
    """

    roster: Roster
    baselines: Mapping[str, str]
    baseline_weeks: int
    axis: Axis
    horizon: int
    parameters: TrainingParameters
    backtest: BacktestParameters
    intervals: IntervalParameters
    covariates: Covariates | None = None
    kind: str = "candidates"

    @property
    def schema(self) -> pl.Schema:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return CANDIDATE_SCHEMA

    def shards(self) -> Mapping[int, int]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.roster.sizes()

    def part(self, shard: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self._only(self.roster.part(shard))

    def piece(self, start: int, stop: int) -> Self:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self._only(self.roster.piece(start, stop))

    def _only(self, roster: Roster) -> Self:
        known = self.baselines
        baselines = {i: known[i] for i in roster.sensor_ids() if i in known}
        return replace(self, roster=roster, baselines=baselines)

    def sensor_ids(self) -> tuple[str, ...]:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        return self.roster.sensor_ids()

    def effort(self) -> int:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        recipes = self.parameters.recipes
        cheap = {name for name, recipe in recipes.items() if has_fast_path(recipe.estimator)}
        contenders = (name for member in self.roster.all() for name in member.contenders)
        return sum(1 if name in cheap else DEAR for name in contenders)

    def fingerprint(self) -> str:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        recipes = sorted(self._shaping)
        return digest_of(
            self.roster.fingerprint(),
            canonical_json([sorted(self.baselines.items()), self.baseline_weeks]),
            *(self._shaping[recipe] for recipe in recipes),
        )

    @functools.cached_property
    def _shaping(self) -> Mapping[str, str]:
        """Of each recipe, the configuration and data that shape all its models."""
        assigned = {name for member in self.roster.all() for name in member.contenders}
        screens = {self.parameters.recipes[recipe].screen for recipe in assigned}
        used = sorted({*assigned, *(screen for screen in screens if screen is not None)})
        return {recipe: self._shape(recipe) for recipe in used}

    def _shape(self, recipe: str) -> str:
        spec = self.parameters.recipes[recipe]
        axis = [self.axis.step_minutes, self.axis.time_zone, self.axis.stop, self.horizon]
        chosen = spec.model_dump(mode="json", by_alias=True)
        code = package_digest(spec.estimator.class_path)
        backtest, intervals = backtest_shape(self.backtest), interval_shape(self.intervals)
        text = canonical_json([axis, chosen, backtest, intervals, code])
        used = spec.features.covariates
        if self.covariates is None or not used:
            return text
        return digest_of(text, str(self.covariates.first), self.covariates.values.tobytes())

    def run(self, readings: pl.DataFrame) -> pl.DataFrame:
        """See :class:`~modelfleet.fleet.engine.ShardTask`."""
        found = dict(blocks(readings, self.axis))
        buffer = self._buffer(max((len(block.values) for block in found.values()), default=0))
        told = ask_baselines(self, found)
        rows = [
            isolated(
                functools.partial(self._train, member, found.get(member.sensor_id), buffer, told),
                sensor_id=member.sensor_id,
            )
            for member in self.roster.all()
        ]
        return table_with_intervals(
            rows, CANDIDATE_SCHEMA, axis=self.axis, parameters=self.intervals
        )

    def _buffer(self, length: int) -> FloatArray:
        """Room for the largest design: all sensors' are built there, one after the other."""
        recipes = [self.parameters.recipes[recipe].features for recipe in self._shaping]
        columns = max((len(feature_names(features)) for features in recipes), default=0)
        return np.empty((columns, length))

    def _train(
        self,
        member: Member,
        block: Block | None,
        buffer: FloatArray,
        told: Mapping[str, FloatArray],
    ) -> dict[str, Any]:
        if block is None:
            raise ValueError("there are no readings")
        backup, weeks = told.get(member.sensor_id), self.backtest.weeks
        judged = judged_series(block, member, self.axis, weeks=weeks, told=backup)
        if member.rivals:
            return compete(self, member, judged, buffer)
        return self.fit(member.assigned, member, judged, buffer)

    def fit(
        self, recipe: str, member: Member, judged: Judged, buffer: FloatArray
    ) -> dict[str, Any]:
        """A sensor's row, made by a recipe, or by its screen where that is good enough."""
        spec = self.parameters.recipes[recipe]
        if spec.screen is not None:
            row = self._fit(spec.screen, member, judged, buffer)
            losses = row["loss"], row["baseline_loss"], np.asarray(row["hours"])
            if is_good_enough(*losses, min_probability=spec.screen_probability):
                return row
        return self._fit(recipe, member, judged, buffer)

    def design(self, recipe: str, judged: Judged, buffer: FloatArray | None = None) -> Design:
        """The features that a recipe sees of a sensor."""
        return build_design(
            judged.series,
            judged.calendar,
            self.parameters.recipes[recipe].features,
            horizon=self.horizon,
            covariates=self.covariates,
            buffer=buffer,
        )

    def plan(self, judged: Judged) -> Backtest:
        """Which windows are learned for which weeks."""
        return plan_backtest(
            len(judged.series.values),
            weeks=judged.weeks,
            per_week=self.axis.grid.per_week,
            sliding_weeks=self.backtest.sliding_weeks,
        )

    def replay(
        self, member: Member, judged: Judged, forecast: FloatArray, backup: FloatArray
    ) -> Replay:
        """What would have been served of the judged weeks; shapes (weeks, per_week)."""
        rules = member.rules.as_rules()
        return replay_rules(forecast, backup, judged.before, rules, horizon=self.horizon)

    def forecaster(self, recipe: str, member: Member) -> Forecaster:
        """What a recipe fits for a sensor."""
        return make_forecaster(
            self.parameters.recipes[recipe].estimator,
            packages=self.parameters.allowed_packages,
            seed=stable_seed(member.sensor_id),
        )

    def backup(self, member: Member, judged: Judged) -> FloatArray:
        """What the sensor's baseline says of the judged weeks; shape (weeks, per_week)."""
        return ask_baseline(self, member, judged) if judged.told is None else judged.told

    @property
    def min_rows(self) -> int:
        """Usable rows without which nothing is fitted."""
        return self.backtest.min_training_weeks * self.axis.grid.per_week

    def _fit(
        self, recipe: str, member: Member, judged: Judged, buffer: FloatArray
    ) -> dict[str, Any]:
        estimator = self.parameters.recipes[recipe].estimator
        design, plan = self.design(recipe, judged, buffer), self.plan(judged)
        forecaster = self.forecaster(recipe, member)
        result = run_backtest(judged.series, design, forecaster, plan, min_rows=self.min_rows)
        if result.model is None:
            raise ValueError(
                f"{int(result.learnable.sum())} usable rows are fewer than "
                f"{self.backtest.min_training_weeks} weeks"
            )
        return {
            "outcome": "trained",
            "recipe": recipe,
            "estimator": estimator.class_path,
            "version": self._version(recipe, member, judged),
            **_model_columns(result, design, self.parameters.allowed_packages),
            **self._evidence(member, judged, result),
            **self._provenance(judged, design, result, plan.final.start),
        }

    def _evidence(self, member: Member, judged: Judged, result: BacktestResult) -> dict[str, Any]:
        backup = self.backup(member, judged)
        actual, said = judged.actual, judged.by_week(result.forecast)
        replay = self.replay(member, judged, said, backup)
        forecast = replay.forecast
        valid = judged.valid(forecast, backup)
        loss = weekly_loss(actual, forecast, valid)
        errors = measure_errors(actual, forecast, valid, scale=judged.scale)
        residuals = np.where(valid, actual - forecast, np.nan)
        return {
            "loss": loss.loss,
            "baseline_loss": weekly_loss(actual, backup, valid).loss,
            "hours": judged.hours(loss),
            **_rows_served(judged, said, replay.replaced),
            "mae": errors.mae,
            "mean_error": errors.mean_error,
            "mase": errors.mase,
            "rmsse": errors.rmsse,
            "residual_quantiles": sorted_quantiles(residuals[valid], RESIDUAL_QUANTILES),
            RESIDUALS: residuals,
            "actual_trace": actual[-TRACED:].reshape(-1),
            "forecast_trace": forecast[-TRACED:].reshape(-1),
            "baseline_trace": backup[-TRACED:].reshape(-1),
        }

    def _provenance(
        self, judged: Judged, design: Design, result: BacktestResult, start: int
    ) -> dict[str, Any]:
        grid, series = self.axis.grid, judged.series
        learned = np.flatnonzero(result.learnable[start:]) + start
        return {
            "rows": len(learned),
            "carried_hours": grid.hours(design.carried),
            "excluded_hours": grid.hours(int(np.count_nonzero(series.excluded[start:]))),
            "trained_from": self.axis.time(series.first + int(learned[0])),
            "trained_to": self.axis.time(series.first + int(learned[-1])),
        }

    def _version(self, recipe: str, member: Member, judged: Judged) -> str:
        """Name of the model: what it was made of, the data it learned from, and the code."""
        data = series_digest(judged.series.first, judged.series.values, member.excluded)
        served = canonical_json(
            [member.rules.key(), self.baselines[member.sensor_id], self.baseline_weeks]
        )
        return digest_of("model", self._shaping[recipe], served, data, code_digest())


def _rows_served(judged: Judged, said: FloatArray, replaced: Mapping[str, int]) -> dict[str, Any]:
    """For how much of the judged weeks the model has a forecast, and what rules made of it."""
    known, read = np.isfinite(said), np.isfinite(judged.actual)
    forecast, readings = int(np.count_nonzero(known)), int(np.count_nonzero(read))
    silent = min(known.size, len(judged.series.values)) - forecast
    counts = {SILENT: silent, **replaced} if silent else replaced
    return {
        "valid_share": int(np.count_nonzero(known & read)) / readings if readings else None,
        "forecast_rows": forecast,
        "rules_broken": list(counts),
        "rows_replaced": list(counts.values()),
    }


def _model_columns(
    result: BacktestResult, design: Design, packages: Sequence[str]
) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "feature_names": design.names,
        "seasonal_mean": design.seasonal.final,
    }
    model = result.model
    if isinstance(model, LinearModel):
        return {
            **columns,
            "coefficients": model.coefficients,
            "intercept": model.intercept,
        }
    return {**columns, "model_bytes": model_to_bytes(model, packages=packages)}
