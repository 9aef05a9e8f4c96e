"""Any scikit-learn regressor, fitted anew for each window."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from modelfleet.domain.arrays import BoolArray, FloatArray
from modelfleet.domain.columns import Columns
from modelfleet.domain.windows import Window

__all__ = ["EstimatorForecaster", "EstimatorModel"]


@dataclass(frozen=True)
class EstimatorModel:
    """A fitted scikit-learn regressor or pipeline."""

    estimator: Any

    def predict(self, features: Columns) -> FloatArray:
        """See :class:`~modelfleet.domain.forecasters.base.FittedModel`."""
        return np.asarray(self.estimator.predict(features.values), dtype=np.float64).reshape(-1)


@dataclass(frozen=True)
class EstimatorForecaster:
    """Makes a fresh estimator for each window.

    Attributes:
        kind: the estimator's class.
        arguments: what it is made with.
        standardise: put a ``StandardScaler`` before it.
        seed: given as ``random_state`` where the estimator has one and ``arguments`` sets none.
    """

    kind: type
    arguments: Mapping[str, Any]
    standardise: bool
    seed: int

    def refit(
        self,
        features: Columns,
        target: FloatArray,
        learnable: BoolArray,
        windows: Sequence[Window],
        *,
        min_rows: int,
    ) -> Iterator[EstimatorModel | None]:
        """See :class:`~modelfleet.domain.forecasters.base.Forecaster`."""
        matrix = features.values
        for window in windows:
            rows = window.start + np.flatnonzero(learnable[window.steps])
            if len(rows) < max(min_rows, 2):
                yield None
            else:
                yield EstimatorModel(self._make().fit(matrix[rows], target[rows]))

    def _make(self) -> Any:
        estimator = self.kind(**self.arguments)
        takes_seed = "random_state" in getattr(estimator, "get_params", dict)()
        if takes_seed and "random_state" not in self.arguments:
            estimator.set_params(random_state=self.seed)
        if not self.standardise:
            return estimator
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), estimator)
