"""Linear regression for all windows of a series at once, from sums that are shared.

The rows are read once: each block of rows between two window borders gives one matrix of second
moments, and each window is a solve on the sum of its blocks. The answer is that of scikit-learn's
``Ridge`` or ``LinearRegression`` behind a ``StandardScaler``, to about 1e-9 relative.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from modelfleet.domain.arrays import BoolArray, FloatArray
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
        forecast: FloatArray = features @ self.coefficients + self.intercept
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
        # Sums of squares lose digits where a series is far from zero. Any fixed centre near it will
        # do; one that later rows shift would let the future into the last bits of earlier fits.
        centre = _first_mean(rows, [int(before[window.stop]) for window in windows])
        rows -= centre
        moments = _Moments(rows, before, windows)
        for window in windows:
            count, sums, products = moments.of(window)
            yield None if count < max(min_rows, 2) else self._solve(count, sums, products, centre)

    def _solve(
        self, count: int, sums: FloatArray, products: FloatArray, centre: FloatArray
    ) -> LinearModel:
        mean = sums / count
        scatter = products - count * np.outer(mean, mean)
        gram, cross = scatter[:-1, :-1], scatter[:-1, -1]
        variance = np.maximum(np.diag(gram), 0.0) / count
        constant = variance <= (10 * np.finfo(np.float64).eps * np.abs(mean + centre)[:-1]) ** 2
        scale = np.where(constant, 1.0, np.sqrt(variance)) if self.standardise else 1.0
        scale = np.broadcast_to(scale, variance.shape)
        normal = gram / np.outer(scale, scale)
        penalised = normal + self.penalty * np.eye(len(scale))
        weights = _solve_symmetric(penalised, cross / scale, definite=self.penalty > 0)
        coefficients = np.where(constant, 0.0, weights / scale)
        intercept = centre[-1] + mean[-1] - float((mean + centre)[:-1] @ coefficients)
        return LinearModel(coefficients, intercept)


class _Moments:
    """First and second moments of every window, each row multiplied once."""

    def __init__(self, rows: FloatArray, before: FloatArray, windows: Sequence[Window]) -> None:
        """``before[p]`` counts the rows that lie before position ``p`` of the series."""
        self._before = before
        borders = {int(before[edge]) for w in windows for edge in (w.start, w.stop)}
        self._borders = sorted(borders)
        blocks = [rows[a:b] for a, b in zip(self._borders, self._borders[1:], strict=False)]
        self._sums = [block.sum(axis=0) for block in blocks]
        self._products = [block.T @ block for block in blocks]
        self._width = rows.shape[1]

    def of(self, window: Window) -> tuple[int, FloatArray, FloatArray]:
        start, stop = int(self._before[window.start]), int(self._before[window.stop])
        part = slice(self._borders.index(start), self._borders.index(stop))
        sums: FloatArray = sum(self._sums[part], np.zeros(self._width))
        products: FloatArray = sum(self._products[part], np.zeros((self._width, self._width)))
        return stop - start, sums, products


def _first_mean(rows: FloatArray, stops: Sequence[int]) -> FloatArray:
    """Mean of the rows before the first stop that has any."""
    stop = next((stop for stop in stops if stop), 0)
    mean = rows[:stop].mean(axis=0) if stop else np.zeros(rows.shape[1])
    return np.asarray(mean, dtype=np.float64)


def _solve_symmetric(matrix: FloatArray, right: FloatArray, *, definite: bool) -> FloatArray:
    """Solve by Cholesky where that is safe, else the solution of least norm."""
    if definite:
        factor = scipy.linalg.cho_factor(matrix, lower=True)
        return np.asarray(scipy.linalg.cho_solve(factor, right), dtype=np.float64)
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0], dtype=np.float64)
