"""Linear regression for all windows of a series at once, from sums that are shared.

Rows are read once: each block of rows between two window borders gives its mean and its scatter
about it, and each window is a solve on its blocks put together. The answer is that of
scikit-learn's ``Ridge`` or ``LinearRegression`` behind a ``StandardScaler``, to 1e-9 relative.
No block knows another: what comes after a window leaves no trace in it, not in the last bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from modelfleet.domain.arrays import BoolArray, FloatArray, IntArray
from modelfleet.domain.windows import Window

__all__ = ["LinearForecaster", "LinearModel"]


@dataclass(frozen=True)
class LinearModel:
    """Coefficients in the units of the features.

    Attributes:
        coefficients: shape (columns,).
        intercept: in the unit of the readings.
    """

    coefficients: FloatArray
    intercept: float

    def predict(self, features: FloatArray) -> FloatArray:
        """See :class:`~modelfleet.domain.forecasters.base.FittedModel`."""
        # A matrix product may round a row differently depending on the rows beside it.
        forecast: FloatArray = (features * self.coefficients).sum(axis=1) + self.intercept
        return forecast


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
        features: FloatArray,
        target: FloatArray,
        learnable: BoolArray,
        windows: Sequence[Window],
        *,
        min_rows: int,
    ) -> Iterator[LinearModel | None]:
        """See :class:`~modelfleet.domain.forecasters.base.Forecaster`."""
        rows = np.column_stack([features, target])[learnable]
        before = np.concatenate([[0], learnable.cumsum()])
        blocks = _Blocks(rows, before, windows)
        for window in windows:
            moments = blocks.of(window)
            yield None if moments.count < max(min_rows, 2) else self._solve(moments)

    def _solve(self, moments: "_Moments") -> LinearModel:
        mean, scatter = moments.mean, moments.scatter
        gram, cross = scatter[:-1, :-1], scatter[:-1, -1]
        variance = np.maximum(np.diag(gram), 0.0) / moments.count
        constant = _is_constant(variance, mean[:-1], moments.count)
        scale = np.where(constant | (not self.standardise), 1.0, np.sqrt(variance))
        normal = gram / np.outer(scale, scale) + self.penalty * np.eye(len(scale))
        weights = _solve_symmetric(normal, cross / scale, definite=self.penalty > 0)
        coefficients = np.where(constant, 0.0, weights / scale)
        return LinearModel(coefficients, float(mean[-1] - mean[:-1] @ coefficients))


@dataclass(frozen=True)
class _Moments:
    """Rows, features and target side by side, summed up: mean (columns,), scatter about it."""

    count: int
    mean: FloatArray
    scatter: FloatArray


class _Blocks:
    """The rows between neighbouring window borders, each row multiplied once."""

    def __init__(self, rows: FloatArray, before: IntArray, windows: Sequence[Window]) -> None:
        """``before[p]`` counts the rows that lie before position ``p`` of the series."""
        self._before = before
        self._borders = sorted({int(before[edge]) for w in windows for edge in (w.start, w.stop)})
        pairs = zip(self._borders, self._borders[1:], strict=False)
        self._moments = [_moments(rows[start:stop]) for start, stop in pairs]
        self._width = rows.shape[1]

    def of(self, window: Window) -> _Moments:
        """Moments of a window's rows, from those of its blocks.

        Source: Chan, Golub and LeVeque, 1983, doi:10.1080/00031305.1983.10483115.
        """
        start, stop = int(self._before[window.start]), int(self._before[window.stop])
        part = self._moments[self._borders.index(start) : self._borders.index(stop)]
        count = stop - start
        mean, scatter = np.zeros(self._width), np.zeros((self._width, self._width))
        for block in part:
            mean += block.count / count * block.mean
        for block in part:
            apart = block.mean - mean
            scatter += block.scatter + block.count * np.outer(apart, apart)
        return _Moments(count, mean, scatter)


def _moments(rows: FloatArray) -> _Moments:
    mean = rows.mean(axis=0)
    apart = rows - mean
    return _Moments(len(rows), mean, apart.T @ apart)


def _is_constant(variance: FloatArray, mean: FloatArray, count: int) -> BoolArray:
    """Where a variance is no more than what rounding makes of equal numbers.

    The bound is that of scikit-learn's ``StandardScaler``; source: Chan, Golub and LeVeque, 1983.
    """
    blur = count * np.finfo(np.float64).eps
    return np.asarray(variance <= blur * variance + (blur * mean) ** 2, dtype=np.bool_)


def _solve_symmetric(matrix: FloatArray, right: FloatArray, *, definite: bool) -> FloatArray:
    """Solve by Cholesky where that is safe, else the solution of least norm."""
    if definite:
        try:
            factor = scipy.linalg.cho_factor(matrix, lower=True)
            return np.asarray(scipy.linalg.cho_solve(factor, right), dtype=np.float64)
        except scipy.linalg.LinAlgError:
            pass  # a penalty too small to be seen beside these numbers
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0], dtype=np.float64)
