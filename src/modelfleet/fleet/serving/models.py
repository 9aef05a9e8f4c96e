"""What the models say: recipe by recipe, many sensors at a time, and each by itself if it fails."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray, FloatArray, IntArray
from modelfleet.domain.features import Covariates, build_design, feature_names, look_back
from modelfleet.domain.forecasters import LinearModel
from modelfleet.domain.forecasters.linear import predict_weeks
from modelfleet.domain.parameters.recipes import FeatureParameters, RecipeParameters
from modelfleet.fleet.arrays import as_floats, as_matrix
from modelfleet.fleet.isolation import Failure, attempt
from modelfleet.fleet.model_bytes import model_from_bytes
from modelfleet.fleet.serving.stacks import Stack, Stacks

__all__ = ["FAILED", "FINE", "MISSING", "Told", "forecast_models"]

FINE, MISSING, FAILED = 0, 1, 2


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

    def fail(self, rows: Sequence[int] | IntArray, reason: str) -> None:
        """Say of some sensors that their models failed."""
        self.values[rows], self.code[rows] = np.nan, FAILED
        self.errors.update((int(row), reason) for row in rows)


@dataclass(frozen=True, eq=False)
class Group:
    """Models of one recipe.

    Attributes:
        rows: of the window; shape (n,).
        models: one row each: ``feature_names``, ``coefficients``, ``intercept``, ``model_bytes``.
    """

    specification: str
    rows: IntArray
    models: pl.DataFrame


def forecast_models(
    models: pl.DataFrame,
    stacks: Stacks,
    *,
    covariates: Covariates | None,
    packages: Sequence[str],
) -> Told:
    """Forecast every sensor of a window that has a model.

    Args:
        models: one row per sensor of the window, nulls where there is no model.
        stacks: of the window.
        covariates: companions of the fleet, or ``None``.
        packages: that estimators may come from, by the configuration of whoever loads.
    """
    told = Told.nothing(len(models), stacks.window.horizon)
    served = models.with_row_index("row").filter(pl.col("version").is_not_null())
    for (text,), found in served.group_by("specification", maintain_order=True):
        group = Group(str(text), found["row"].to_numpy().astype(np.int64), found)
        work = functools.partial(_forecast_group, group, stacks, told, covariates, packages)
        done = attempt(work, what=f"models of {len(group.rows)} sensors")
        if isinstance(done, Failure):
            told.fail(group.rows, done.reason)
    return told


def _forecast_group(
    group: Group,
    stacks: Stacks,
    told: Told,
    covariates: Covariates | None,
    packages: Sequence[str],
) -> None:
    features = RecipeParameters.model_validate_json(group.specification).features
    _check_reach(features, stacks)
    given = set(covariates.names if covariates else ())
    if absent := sorted(set(features.covariates) - given):
        told.code[group.rows] = MISSING
        told.errors.update((int(r), f"covariates are missing: {', '.join(absent)}") for r in group.rows)
        return
    sound = _checked(group, feature_names(features), told)
    linear = sound["coefficients"].is_not_null()
    for part, together in ((sound.filter(linear), None), (sound.filter(~linear), packages)):
        rows = part["row"].to_numpy().astype(np.int64)
        start = 0
        for stack in stacks.of(rows):
            some = part.slice(start, len(stack.rows))
            start += len(stack.rows)
            _forecast_stack(stack, features, some, told, covariates, together)


def _check_reach(features: FeatureParameters, stacks: Stacks) -> None:
    window = stacks.window
    needed = look_back(features, window.axis.grid, horizon=window.horizon)
    if needed > window.values.shape[1]:
        raise ValueError(
            f"the recipe looks back {needed} steps, the release only {window.values.shape[1]}"
        )


def _checked(group: Group, names: tuple[str, ...], told: Told) -> pl.DataFrame:
    """The models that were fitted on these features; the others fail."""
    fits = pl.col("feature_names") == pl.lit(list(names), dtype=pl.List(pl.String))
    sized = pl.col("coefficients").is_null() | (pl.col("coefficients").list.len() == len(names))
    sound = group.models.select((fits & sized).fill_null(value=False)).to_series()
    wrong = group.models.filter(~sound)["row"].to_list()
    if wrong:
        told.fail(wrong, "ValueError: the model was fitted on other features than its recipe makes")
    return group.models.filter(sound)


def _forecast_stack(
    stack: Stack,
    features: FeatureParameters,
    models: pl.DataFrame,
    told: Told,
    covariates: Covariates | None,
    packages: Sequence[str] | None,
) -> None:
    """Forecast a stack of linear models, or of others from these packages."""
    with np.errstate(all="ignore"):  # what overflows is no number, and told so
        design = build_design(
            stack.series,
            stack.calendar,
            features,
            horizon=stack.window.horizon,
            covariates=stack.covariates(covariates),
            seasonal=stack.seasonal(),
        )
        known = stack.horizon(design.usable)
        ahead = np.ascontiguousarray(stack.horizon(design.values.T))
        if packages is None:
            values = _linear(ahead, models)
        else:
            values = _others(ahead, known, stack.rows, models, packages, told)
    told.values[stack.rows] = np.where(known & np.isfinite(values), values, np.nan)
    lost = known & ~np.isfinite(values)
    told.code[stack.rows] = np.where(lost, FAILED, np.where(known, FINE, MISSING))
    for row in stack.rows[lost.any(axis=1)].tolist():
        told.errors.setdefault(row, "the model's forecast is no finite number")


def _linear(ahead: FloatArray, models: pl.DataFrame) -> FloatArray:
    """Shape (columns, n, horizon) to (n, horizon)."""
    weights = as_matrix(models["coefficients"], len(ahead))
    constants = as_floats(models["intercept"]).tolist()
    found = [LinearModel(*each) for each in zip(weights, constants, strict=True)]
    return predict_weeks(found, ahead.reshape(len(ahead), -1).T).reshape(ahead.shape[1:])


def _others(
    ahead: FloatArray,
    known: AnyArray,
    rows: IntArray,
    models: pl.DataFrame,
    packages: Sequence[str],
    told: Told,
) -> FloatArray:
    """Each by itself, from its bytes."""
    values = np.full(known.shape, np.nan)
    for k, (row, sensor_id, content) in enumerate(
        zip(rows, models["sensor_id"], models["model_bytes"], strict=True)
    ):
        work = functools.partial(_one, ahead[:, k], known[k], content or b"", packages)
        found = attempt(work, what=f"model of sensor {sensor_id!r}")
        if isinstance(found, Failure):
            told.errors[int(row)] = found.reason
        else:
            values[k] = found
    return values


def _one(
    ahead: FloatArray, known: AnyArray, content: bytes, packages: Sequence[str]
) -> FloatArray:
    if not content:
        raise ValueError("the model has neither coefficients nor bytes")
    values = np.full(len(known), np.nan)
    model = model_from_bytes(content, packages=packages)
    if known.any():
        values[known] = model.predict(ahead[:, known].T)
    return values
