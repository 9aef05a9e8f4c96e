"""Any scikit-learn regressor, made anew for each window."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeRegressor

from modelfleet.domain.columns import Columns
from modelfleet.domain.forecasters import EstimatorForecaster, EstimatorModel
from modelfleet.domain.windows import Window


class Untunable:
    """A team's own regressor: fit, predict, and nothing else."""

    def fit(self, features, target):
        self.mean = target.mean()
        return self

    def predict(self, features):
        return [[self.mean]] * len(features)


def fit(forecaster):
    """The model of a hundred rows."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(100, 3))
    everything = np.ones(100, dtype=bool)
    (model,) = forecaster.refit(
        Columns.of(features), features.sum(axis=1), everything, [Window(0, 100)], min_rows=10
    )
    return model


@pytest.mark.parametrize(("arguments", "seed"), [({}, 7), ({"random_state": 3}, 3)])
def test_the_seed_of_the_sensor_is_given_unless_the_recipe_names_one(arguments, seed):
    """Two runs agree, and a recipe may decide."""
    model = fit(EstimatorForecaster(DecisionTreeRegressor, arguments, False, 7))
    assert model.estimator.random_state == seed


def test_an_estimator_without_a_seed_is_left_alone():
    """Arguments are passed on as they stand."""
    model = fit(EstimatorForecaster(Ridge, {"alpha": 3.0}, False, 7))
    assert model.estimator.get_params()["alpha"] == 3.0


def test_scaling_is_part_of_the_model():
    """The scaler is fitted within the window and goes with the model."""
    model = fit(EstimatorForecaster(DecisionTreeRegressor, {}, True, 7))
    assert isinstance(model.estimator, Pipeline)
    assert model.estimator[-1].random_state == 7


def test_a_class_with_fit_and_predict_is_enough():
    """No base class of scikit-learn is asked for, and a column becomes one number per row."""
    model = fit(EstimatorForecaster(Untunable, {}, False, 7))
    assert isinstance(model, EstimatorModel)
    assert model.predict(Columns.of(np.zeros((4, 3)))).shape == (4,)
