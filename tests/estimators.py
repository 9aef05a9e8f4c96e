"""Estimators of no known package: one that misbehaves, one that does not."""

from typing import Any, Self

from sklearn.linear_model import Ridge


class Cautious(Ridge):
    """Never forecasts below zero."""

    def predict(self, features: Any) -> Any:
        """Forecast."""
        return super().predict(features).clip(min=0.0)


class Raising:
    """Cannot be fitted."""

    def fit(self, features: Any, target: Any) -> Self:
        """Raise."""
        raise RuntimeError("this estimator always raises")

    def predict(self, features: Any) -> Any:
        """Never reached."""
        raise AssertionError
