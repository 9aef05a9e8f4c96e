"""From an estimator's class path to a forecaster.

Classes are imported from packages on an allow-list only, so that configuration cannot name
arbitrary code.
"""

import importlib
import inspect
import math
from collections.abc import Sequence
from typing import Any

from modelfleet.domain.errors import ConfigurationError, listing
from modelfleet.domain.forecasters.base import Forecaster
from modelfleet.domain.forecasters.estimator import EstimatorForecaster
from modelfleet.domain.forecasters.linear import LinearForecaster
from modelfleet.domain.parameters.recipes import EstimatorParameters

__all__ = ["FAST_PATH", "check_estimator", "find_estimator", "has_fast_path", "make_forecaster"]

FAST_PATH = {
    "sklearn.linear_model.Ridge": frozenset({"alpha"}),
    "sklearn.linear_model.LinearRegression": frozenset[str](),
}
"""Estimators with a closed form of our own, and the arguments that it knows."""


def check_estimator(spec: EstimatorParameters, *, packages: Sequence[str]) -> None:
    """Check that an estimator can be made as configured.

    One with a closed form of our own is not imported for that: scikit-learn takes a second or two.

    Raises:
        ConfigurationError: see :func:`find_estimator`.
    """
    if has_fast_path(spec):
        _check_package(spec, packages)
        _penalty(spec)
    else:
        find_estimator(spec, packages=packages)


def find_estimator(spec: EstimatorParameters, *, packages: Sequence[str]) -> type:
    """Import the estimator's class and check that it can be made as configured.

    Raises:
        ConfigurationError: the package is not on the allow-list, there is no such class, it is no
            regressor, or it does not take the arguments.
    """
    _check_package(spec, packages)
    module_name, _, class_name = spec.class_path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"{spec.class_path!r} cannot be imported: {error}") from error
    if not (inspect.isclass(found) and callable(getattr(found, "fit", None))):
        raise ConfigurationError(f"{spec.class_path!r} is no estimator: it has no fit()")
    if not callable(getattr(found, "predict", None)) or _forecasts_no_numbers(found):
        raise ConfigurationError(
            f"{spec.class_path!r} is no regressor: it does not forecast numbers"
        )
    _check_arguments(found, spec)
    if spec.class_path in FAST_PATH:
        _penalty(spec)
    return found


def _check_package(spec: EstimatorParameters, packages: Sequence[str]) -> None:
    if spec.class_path.split(".", maxsplit=1)[0] not in packages:
        raise ConfigurationError(
            f"{spec.class_path!r} is not in an allowed package; allowed are {listing(packages)}"
        )


def _forecasts_no_numbers(kind: type) -> bool:
    """Classifiers, clusterings and outlier detectors of scikit-learn also predict."""
    from sklearn.base import ClassifierMixin, ClusterMixin, OutlierMixin

    return issubclass(kind, ClassifierMixin | ClusterMixin | OutlierMixin)


def _check_arguments(kind: type, spec: EstimatorParameters) -> None:
    taken = inspect.signature(kind).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in taken.values()):
        return
    unknown = sorted(set(spec.arguments) - set(taken))
    if unknown:
        raise ConfigurationError(
            f"{spec.class_path!r} takes no argument {listing(unknown)}; "
            f"it takes {listing(sorted(taken))}"
        )


def has_fast_path(spec: EstimatorParameters) -> bool:
    """Whether a closed form of our own gives the estimator's answer."""
    known = FAST_PATH.get(spec.class_path)
    return known is not None and known >= spec.arguments.keys()


def make_forecaster(spec: EstimatorParameters, *, packages: Sequence[str], seed: int) -> Forecaster:
    """Make the forecaster of a recipe; ``seed`` makes it repeatable."""
    if has_fast_path(spec):
        return LinearForecaster(penalty=_penalty(spec), standardise=spec.standardise)
    kind = find_estimator(spec, packages=packages)
    return EstimatorForecaster(kind, dict(spec.arguments), spec.standardise, seed)


def _penalty(spec: EstimatorParameters) -> float:
    if spec.class_path.endswith("LinearRegression"):
        return 0.0
    alpha: Any = spec.arguments.get("alpha", 1.0)
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 <= alpha < math.inf:
        raise ConfigurationError(
            f"{spec.class_path!r}: alpha is {alpha!r}; give a number that is not negative"
        )
    return float(alpha)
