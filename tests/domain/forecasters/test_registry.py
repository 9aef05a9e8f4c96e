"""From a class path in configuration to a forecaster."""

import pytest
from sklearn.linear_model import Lasso

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.forecasters import (
    EstimatorForecaster,
    LinearForecaster,
    find_estimator,
    make_forecaster,
)
from modelfleet.domain.parameters.recipes import EstimatorParameters


def spec(class_path, *, standardise=True, **arguments):
    """What stands in a recipe."""
    return EstimatorParameters(
        **{"class": class_path, "arguments": arguments, "standardise": standardise}
    )


@pytest.mark.parametrize(
    ("class_path", "problem"),
    [
        ("os.system", "is not in an allowed package; allowed are 'sklearn'"),
        ("sklearn_extras.Ridge", "is not in an allowed package"),
        ("sklearn.linear_model.Rigde", "cannot be imported"),
        ("sklearn.no_such_module.Ridge", "cannot be imported"),
        ("sklearn.metrics.r2_score", "is no estimator"),
        ("sklearn.exceptions.NotFittedError", "is no estimator"),
        ("sklearn.preprocessing.StandardScaler", "is no regressor"),
        ("sklearn.linear_model.LogisticRegression", "is no regressor"),
        ("sklearn.cluster.KMeans", "is no regressor"),
    ],
)
def test_what_is_no_allowed_regressor_is_refused(class_path, problem):
    """Configuration names regressors of known packages, never arbitrary code."""
    with pytest.raises(ConfigurationError, match=problem):
        find_estimator(spec(class_path), packages=["sklearn"])


def test_an_unknown_argument_is_refused_with_those_it_takes():
    """A typing error in a recipe is found before anything is fitted."""
    with pytest.raises(ConfigurationError, match=r"no argument 'alhpa'; it takes 'alpha'"):
        find_estimator(spec("sklearn.linear_model.Ridge", alhpa=1), packages=["sklearn"])


def test_a_team_may_add_its_own_package(tmp_path, monkeypatch):
    """Any package on the list will do, also with arguments that it hides behind ``**``."""
    methods = "def __init__(self, **arguments): ...\n fit = predict = __init__"
    (tmp_path / "our_own_models.py").write_text(f"class Free:\n {methods}\n")
    monkeypatch.syspath_prepend(tmp_path)
    chosen = spec("our_own_models.Free", anything=1)
    assert find_estimator(chosen, packages=["sklearn", "our_own_models"]).__name__ == "Free"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (spec("sklearn.linear_model.Ridge"), LinearForecaster(1.0)),
        (spec("sklearn.linear_model.Ridge", alpha=3), LinearForecaster(3.0)),
        (
            spec("sklearn.linear_model.LinearRegression", standardise=False),
            LinearForecaster(0.0, standardise=False),
        ),
    ],
)
def test_linear_recipes_take_the_fast_path(chosen, expected):
    """With the same defaults as scikit-learn."""
    assert make_forecaster(chosen, packages=["sklearn"], seed=1) == expected


def test_an_argument_that_the_fast_path_does_not_know_takes_the_generic_one():
    """Better slow than wrong."""
    found = make_forecaster(
        spec("sklearn.linear_model.Ridge", alpha=1.0, fit_intercept=False),
        packages=["sklearn"],
        seed=1,
    )
    assert isinstance(found, EstimatorForecaster)


def test_any_other_estimator_takes_the_generic_path():
    """With its arguments, its scaling and its seed."""
    chosen = spec("sklearn.linear_model.Lasso", alpha=0.5)
    found = make_forecaster(chosen, packages=["sklearn"], seed=5)
    assert found == EstimatorForecaster(Lasso, {"alpha": 0.5}, standardise=True, seed=5)


@pytest.mark.parametrize("alpha", [-1.0, "strong", None])
def test_a_penalty_that_is_none_is_refused(alpha):
    """Ridge with a negative penalty is no regression: it is refused as scikit-learn refuses it."""
    with pytest.raises(ConfigurationError, match="alpha"):
        make_forecaster(
            spec("sklearn.linear_model.Ridge", alpha=alpha), packages=["sklearn"], seed=1
        )
