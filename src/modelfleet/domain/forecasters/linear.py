"""Linear regression for all windows of a series at once, from sums that are shared.

The answer is that of scikit-learn's ``Ridge`` or ``LinearRegression`` behind a ``StandardScaler``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.columns import Columns
from modelfleet.domain.forecasters.moments import Moments, measure_moments
from modelfleet.domain.forecasters.solving import solve_definite, solve_least_norm
from modelfleet.domain.windows import Window

__all__ = ["LinearForecaster", "LinearModel", "predict_weeks", "solve_ridge"]


@dataclass(frozen=True)
class LinearModel:
    """Coefficients in the units of the features.

    Attributes:
        coefficients: shape (columns,).
        intercept: in the unit of the readings.
    """

    coefficients: FloatArray
    intercept: float

    def predict(self, features: Columns) -> FloatArray:
        """See :class:`~modelfleet.domain.forecasters.base.FittedModel`."""
        return predict_weeks([self], features)


def predict_weeks(models: Sequence[LinearModel], features: Columns) -> FloatArray:
    """Forecast stretches of equal length, each by its model, to the bit as if one by one.

    What a model makes of the calendar is one week, the same for all its rows.

    Args:
        models: one per stretch.
        features: of all stretches, one after the other.

    Returns:
        shape (rows,); NaN where a feature is.
    """
    laid, weekly = features.split(np.array([model.coefficients for model in models]).T)
    intercepts = np.array([[model.intercept] for model in models])
    # A product per model, always of this shape: how many models there are leaves no trace in it.
    weeks = np.ascontiguousarray(weekly.T)[:, None] @ features.weekly
    slot = features.slot.reshape(len(models), -1)
    stretches = features.laid.reshape(len(laid), *slot.shape)
    forecast = _weigh(stretches, laid[..., None])
    forecast += (weeks[:, 0] + intercepts)[np.arange(len(models))[:, None], slot]
    return forecast.reshape(-1)


def _weigh(features: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Sum over the first axis of features times coefficients, by adding halves.

    Whole columns are added, two at a time: a matrix product, or a sum along the rows, may round a
    row differently depending on the rows beside it and on how they lie in memory.
    """
    parts = np.multiply(features, coefficients, order="C")
    width = len(parts)
    while width > 1:
        half = width // 2
        parts[:half] += parts[width - half : width]
        width -= half
    total: FloatArray = parts[0]
    return total


@dataclass(frozen=True)
class LinearForecaster:
    """Ridge regression on standardised features: min |y - b - Xw|² + penalty·|w·sd(X)|².

    Attributes:
        penalty: the weight of the squared coefficients; 0 is ordinary least squares.
        standardise: scale each feature to unit variance within the window first.

    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, section 3.4.1.
    """

    penalty: float
    standardise: bool = True

    def refit(
        self,
        features: Columns,
        target: FloatArray,
        learnable: BoolArray,
        windows: Sequence[Window],
        *,
        min_rows: int,
    ) -> Iterator[LinearModel | None]:
        """See :class:`~modelfleet.domain.forecasters.base.Forecaster`."""
        yield from self.solve(
            measure_moments(features, target, learnable, windows), min_rows=min_rows
        )

    def solve(self, moments: Moments, *, min_rows: int) -> Iterator[LinearModel | None]:
        """One model per window from sums that were taken before, perhaps for another forecaster.

        Args:
            moments: of the windows.
            min_rows: fewer learnable rows than this give ``None`` instead of a model.
        """
        models = solve_ridge(moments, penalty=self.penalty, standardise=self.standardise)
        for count, model in zip(moments.count, models, strict=True):
            yield None if count < max(min_rows, 2) else model


def solve_ridge(
    moments: Moments, *, penalty: float, standardise: bool = True, columns: BoolArray | None = None
) -> Iterator[LinearModel]:
    """The regression of each window; another penalty or other features are another solve.

    Args:
        moments: of the windows.
        penalty: the weight of the squared coefficients.
        standardise: scale each feature to unit variance first.
        columns: features that may be used, shape (columns,); the others weigh nothing. ``None``
            takes all.
    """
    gram, cross = moments.scatter[:, :-1, :-1], moments.scatter[:, :-1, -1]
    count, mean = np.maximum(moments.count, 1)[:, None], moments.mean[:, :-1]
    variance = np.maximum(np.diagonal(gram, axis1=1, axis2=2), 0.0) / count
    used = ~_is_constant(variance, mean, count)
    if columns is not None:
        used &= columns
    inverse = 1 / np.sqrt(np.where(used, variance, 1.0)) if standardise else np.ones_like(variance)
    normal = gram * inverse[:, :, None] * inverse[:, None, :]
    windows, width = mean.shape
    normal.reshape(windows, width**2)[:, :: width + 1] += penalty  # the diagonals
    right = cross * inverse
    weights = np.empty_like(right)
    for window, every in enumerate(np.asarray(used.all(axis=1)).tolist()):
        chosen = None if every else used[window]
        weights[window] = _solve(normal[window], right[window], chosen, penalty)
    weights *= inverse
    intercepts = moments.mean[:, -1] - (mean * weights).sum(axis=1)
    for coefficients, intercept in zip(weights, intercepts.tolist(), strict=True):
        yield LinearModel(coefficients, intercept)


def _solve(
    matrix: FloatArray, right: FloatArray, chosen: BoolArray | None, penalty: float
) -> FloatArray:
    """Weights of the chosen columns, zero for the others; ``None`` chooses all."""
    if chosen is not None:
        matrix, right = matrix[np.ix_(chosen, chosen)], right[chosen]
    found = solve_definite(matrix, right, trusted=penalty > 0)
    if found is None:
        found = solve_least_norm(matrix, right)
    if chosen is None:
        return found
    weights = np.zeros(len(chosen))
    weights[chosen] = found
    return weights


def _is_constant(variance: FloatArray, mean: FloatArray, count: IntArray) -> BoolArray:
    """Where a variance is no more than what rounding makes of equal numbers.

    The bound is that of scikit-learn's ``StandardScaler``; source: Chan, Golub and LeVeque, 1983.
    """
    blur = count * np.finfo(np.float64).eps
    return np.asarray(variance <= blur * variance + (blur * mean) ** 2, dtype=np.bool_)
