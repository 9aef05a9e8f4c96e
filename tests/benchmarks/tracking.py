"""What one would do to keep the models: an MLflow run with a logged model for each sensor."""

from pathlib import Path

import numpy as np

from modelfleet.domain.features import feature_names
from tests.benchmarks.cost import Cost, cost_of
from tests.benchmarks.loop import make_ridge
from tests.benchmarks.recipe import default_recipe

__all__ = ["tracking_cost"]


def tracking_cost(folder: Path, sensors: int, *, requirements: list[str] | None) -> Cost:
    """Cost per sensor of one run with parameters, metrics and the model.

    Args:
        folder: where MLflow keeps its database and files; must be new.
        sensors: how many runs are made.
        requirements: packages of the model; ``None`` lets MLflow find out by itself.
    """
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.create_experiment("one-by-one", artifact_location=str(folder / "artifacts"))
    mlflow.set_experiment("one-by-one")  # makes the database, which is not counted
    random = np.random.default_rng(1)
    recipe = default_recipe()
    X = random.normal(size=(1000, len(feature_names(recipe.features))))
    model = make_ridge(recipe.estimator.arguments).fit(X, random.normal(size=1000))

    def work() -> None:
        for number in range(sensors):
            with mlflow.start_run(run_name=f"S{number:06}"):
                mlflow.log_params({"sensor_id": f"S{number:06}", **recipe.estimator.arguments})
                mlflow.log_metrics({"mae": 1.0, "baseline_mae": 1.1, "skill": 0.1})
                mlflow.sklearn.log_model(model, name="model", pip_requirements=requirements)

    return cost_of(work).per(sensors)
