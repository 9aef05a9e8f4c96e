"""Estimators of no known package: some that misbehave, some that do not."""

import os
import signal
import time
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


class Particular(Ridge):
    """Learns from neither too few rows nor too many."""

    def __init__(self, least: int = 0, most: int = 1_000_000) -> None:
        super().__init__()
        self.least, self.most = least, most

    def fit(self, features: Any, target: Any) -> Self:
        """Fit, unless there is too little or too much."""
        if not self.least <= len(target) <= self.most:
            raise RuntimeError(f"{len(target)} rows are not what I learn from")
        return super().fit(features, target)


class Deadly(Raising):
    """Takes the process along in which it is fitted."""

    def fit(self, features: Any, target: Any) -> Self:
        """Die, as native code does that goes wrong, or a process that takes too much memory."""
        os.kill(os.getpid(), signal.SIGKILL)
        return self


class Slow(Ridge):
    """Takes its time, so that a run can be stopped in the middle."""

    def fit(self, features: Any, target: Any) -> Self:
        """Fit, after a while."""
        time.sleep(0.02)
        return super().fit(features, target)
