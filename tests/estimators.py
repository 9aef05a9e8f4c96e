"""Estimators that misbehave."""

from typing import Any, Self


class Raising:
    """Cannot be fitted."""

    def fit(self, features: Any, target: Any) -> Self:
        """Raise."""
        raise RuntimeError("this estimator always raises")

    def predict(self, features: Any) -> Any:
        """Never reached."""
        raise AssertionError
