"""What the models say: recipe by recipe, many sensors at a time, and each by itself if it fails."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray, BoolArray, FloatArray, IntArray
from modelfleet.domain.columns import Columns
from modelfleet.domain.features import (
    Covariates,
    Design,
    build_design,
    feature_names,
    look_back,
)
from modelfleet.domain.forecasters import FittedModel, LinearModel
from modelfleet.domain.forecasters.linear import predict_weeks
from modelfleet.domain.parameters.recipes import FeatureParameters, RecipeParameters
from modelfleet.fleet.arrays import as_floats, as_matrix
from modelfleet.fleet.isolation import Failure, attempt
from modelfleet.fleet.model_bytes import model_from_bytes
from modelfleet.fleet.serving.stacks import Stack, Stacks

__all__ = ["FAILED", "FINE", "MISSING", "Told", "design_of", "forecast_models"]

FINE, MISSING, FAILED = 0, 1, 2

Say = Callable[[Columns, AnyArray, dict[int, str]], FloatArray]
"""What n models make of their features: of n x horizon rows, one horizon after the other, and where
they are known, shape (n, horizon), to (n, horizon). Errors in words, by row, go into the third."""


@dataclass(frozen=True, eq=False)
class Told:
    """What the models say of the sensors of a window.

    Attributes:
        values: NaN where a model says nothing; shape (n, horizon).
        code: :data:`FINE`, or why there is no value: :data:`MISSING` features or a model that
            :data:`FAILED`; shape (n, horizon).
        errors: in words, by row.
    """

    values: FloatArray
    code: AnyArray
    errors: dict[int, str] = field(default_factory=dict)

    @classmethod
    def nothing(cls, sensors: int, horizon: int) -> "Told":
        """No model says anything."""
        code = np.full((sensors, horizon), FAILED, dtype=np.int8)
        return cls(np.full((sensors, horizon), np.nan), code)

    def tell(self, rows: IntArray, values: FloatArray, known: AnyArray) -> None:
        """Say what some models forecast, and for which steps their features are known."""
        finite = np.isfinite(values)
        lost = known & ~finite
        self.values[rows] = np.where(known & finite, values, np.nan)
        self.code[rows] = np.where(lost, FAILED, np.where(known, FINE, MISSING))
        for row in rows[lost.any(axis=1)].tolist():
            self.errors.setdefault(row, "the model's forecast is no finite number")

    def miss(self, rows: IntArray, reason: str) -> None:
        """Say of some sensors that what their models look at is missing."""
        self.code[rows] = MISSING
        self.errors.update(dict.fromkeys(rows.tolist(), reason))

    def fail(self, rows: IntArray, reason: str) -> None:
        """Say of some sensors that their models failed."""
        self.code[rows] = FAILED
        self.errors.update(dict.fromkeys(rows.tolist(), reason))


def forecast_models(
    models: pl.DataFrame,
    stacks: Stacks,
    *,
    covariates: Covariates | None,
    packages: Sequence[str],
) -> tuple[Told, ...]:
    """Forecast every sensor of a window that has a model, from each origin of the window.

    No feature of a step knows what was read less than a horizon before it, so features are made
    once for all origins, and each forecast is to the bit as if its origin were the only one.

    Args:
        models: one row per sensor of the window, nulls where there is no model.
        stacks: of the window.
        covariates: companions of the fleet, or ``None``.
        packages: that estimators may come from, by the configuration of whoever loads.

    Returns:
        what they say, by origin.
    """
    window = stacks.window
    told = tuple(Told.nothing(len(models), window.horizon) for _ in window.origins)
    work = _Work(stacks, told, covariates, tuple(packages))
    served = models.with_row_index("row").filter(pl.col("version").is_not_null())
    for (text,), found in served.group_by("specification", maintain_order=True):
        done = attempt(functools.partial(work.group, str(text), found), what=f"recipe {text}")
        if isinstance(done, Failure):
            for each in told:
                each.fail(_rows(found), done.reason)
    return told


def _rows(models: pl.DataFrame) -> IntArray:
    return models["row"].to_numpy().astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Work:
    """What all models of a window share; what they say is told by origin."""

    stacks: Stacks
    told: tuple[Told, ...]
    covariates: Covariates | None
    packages: tuple[str, ...]

    def group(self, specification: str, models: pl.DataFrame) -> None:
        """Forecast the models of one recipe, given as canonical JSON."""
        features = RecipeParameters.model_validate_json(specification).features
        _check_reach(features, self.stacks)
        given = set(self.covariates.names if self.covariates else ())
        if absent := sorted(set(features.covariates) - given):
            for told in self.told:
                told.miss(_rows(models), f"covariates are missing: {', '.join(absent)}")
            return
        sound = _checked(models, feature_names(features), self.told)
        linear = sound["coefficients"].is_not_null()
        for part, kind in (
            (sound.filter(linear), self._linear),
            (sound.filter(~linear), self._others),
        ):
            self._forecast(features, _rows(part), kind(part))

    def _forecast(
        self, features: FeatureParameters, rows: IntArray, say: Callable[[slice], Say]
    ) -> None:
        """Forecast models that are all linear, or all others, stack by stack."""
        start = 0
        for stack in self.stacks.of(rows):
            part = slice(start, start + len(stack.rows))
            self._stack(stack, features, say(part))
            start = part.stop

    def _stack(self, stack: Stack, features: FeatureParameters, say: Say) -> None:
        with np.errstate(all="ignore"):  # what overflows is no number, and told so
            design = design_of(stack, features, self.covariates)
            for origin, told in zip(stack.window.origins, self.told, strict=True):
                known = stack.horizon(design.usable, origin=origin)
                ahead = stack.ahead(design.columns, origin=origin)
                told.tell(stack.rows, say(ahead, known, told.errors), known)

    @staticmethod
    def _linear(models: pl.DataFrame) -> Callable[[slice], Say]:
        """Many at a time, to the bit as if one by one."""
        width = int(models["coefficients"].list.len().max() or 0)  # type: ignore[arg-type]
        weights = as_matrix(models["coefficients"], width)
        constants = as_floats(models["intercept"]).tolist()

        def of(part: slice) -> Say:
            found = [LinearModel(*e) for e in zip(weights[part], constants[part], strict=True)]

            def say(ahead: Columns, known: AnyArray, _errors: dict[int, str]) -> FloatArray:
                return predict_weeks(found, ahead).reshape(known.shape)

            return say

        return of

    def _others(self, models: pl.DataFrame) -> Callable[[slice], Say]:
        """Each by itself, from its bytes, which are read once for all origins."""
        rows, ids = _rows(models).tolist(), models["sensor_id"].to_list()

        def of(part: slice) -> Say:
            places = range(len(rows))[part]
            loaded = [
                functools.cache(functools.partial(_load, models["model_bytes"][n], self.packages))
                for n in places
            ]

            def say(ahead: Columns, known: AnyArray, errors: dict[int, str]) -> FloatArray:
                values = np.full(known.shape, np.nan)
                for k, place in enumerate(places):
                    own = ahead.stretch(slice(k * known.shape[1], (k + 1) * known.shape[1]))
                    work = functools.partial(_one, own, known[k], loaded[k])
                    found = attempt(work, what=f"model of sensor {ids[place]!r}")
                    if isinstance(found, Failure):
                        errors[rows[place]] = found.reason
                    else:
                        values[k] = found
                return values

            return say

        return of


def design_of(stack: Stack, features: FeatureParameters, covariates: Covariates | None) -> Design:
    """The features of every step of a stack; its horizon has those of the forecast."""
    return build_design(
        stack.series,
        stack.calendar,
        features,
        horizon=stack.window.horizon,
        covariates=stack.covariates(covariates),
        seasonal=stack.seasonal(),
    )


def _check_reach(features: FeatureParameters, stacks: Stacks) -> None:
    window = stacks.window
    needed = look_back(features, window.axis.grid, horizon=window.horizon)
    history = window.origins[0] - window.axis.first
    if needed > history:
        raise ValueError(f"the recipe looks back {needed} steps, the release only {history}")


def _checked(models: pl.DataFrame, names: tuple[str, ...], told: Sequence[Told]) -> pl.DataFrame:
    """The models that were fitted on these features; the others fail."""
    fits = pl.col("feature_names") == pl.lit(list(names), dtype=pl.List(pl.String))
    sized = pl.col("coefficients").is_null() | (pl.col("coefficients").list.len() == len(names))
    sound = models.select((fits & sized).fill_null(value=False)).to_series()
    if not sound.all():
        reason = "ValueError: the model was fitted on other features than its recipe makes"
        for each in told:
            each.fail(_rows(models.filter(~sound)), reason)
    return models.filter(sound)


def _load(content: bytes | None, packages: Sequence[str]) -> FittedModel:
    if not content:
        raise ValueError("the model has neither coefficients nor bytes")
    return model_from_bytes(content, packages=packages)


def _one(ahead: Columns, known: BoolArray, load: Callable[[], FittedModel]) -> FloatArray:
    values, model = np.full(len(known), np.nan), load()
    if known.any():
        values[known] = model.predict(ahead.take(np.flatnonzero(known)))
    return values
