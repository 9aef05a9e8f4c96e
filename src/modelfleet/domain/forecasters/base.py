"""What every forecaster can do."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.columns import Columns
from modelfleet.domain.windows import Window

__all__ = ["FittedModel", "Forecaster"]


class FittedModel(Protocol):
    """A forecaster after fitting; it does not change any more."""

    def predict(self, features: Columns) -> FloatArray:
        """Forecast rows of the design matrix.

        Args:
            features: of the rows, all finite.

        Returns:
            shape (rows,), in the unit of the readings.
        """
        ...


class Forecaster(Protocol):
    """An estimator that can be fitted again and again along a series."""

    def refit(
        self,
        features: Columns,
        target: FloatArray,
        learnable: BoolArray,
        windows: Sequence[Window],
        *,
        min_rows: int,
    ) -> Iterator[FittedModel | None]:
        """Fit once per window, on its learnable rows.

        Args:
            features: of n rows; those that are not learnable may hold NaN.
            target: shape (n,); likewise.
            learnable: rows with known features and target, not excluded; shape (n,).
            windows: what each fit may look at.
            min_rows: fewer learnable rows than this give ``None`` instead of a model.

        Yields:
            one fitted model per window, in order.
        """
        ...
