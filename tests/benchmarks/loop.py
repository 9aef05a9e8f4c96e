"""What one would write by hand: scikit-learn, sensor after sensor."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from modelfleet.domain.features import build_design
from modelfleet.domain.parameters.recipes import RecipeParameters
from modelfleet.domain.series import Series
from modelfleet.domain.windows import plan_backtest
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import Block, blocks
from tests.benchmarks.cost import Cost, cost_of
from tests.benchmarks.fleet import Fleet, sample_of
from tests.benchmarks.recipe import default_recipe

__all__ = ["loop_cost", "make_ridge"]

HORIZON = 24


def loop_cost(fleet: Fleet, sensors: int) -> Cost:
    """Features, 12 weekly refits with their forecasts, and the final fit; reading is not counted.

    The features are those of the default recipe, made by Modelfleet's own function. BLAS has one
    thread, as in Modelfleet's workers: a second one adds CPU time here and saves nothing.
    """
    from threadpoolctl import threadpool_limits

    axis = Axis(60, "UTC", fleet.first_hour, fleet.first_hour + fleet.hours)
    recipe = default_recipe()
    series = dict(blocks(sample_of(fleet, sensors), axis))

    def work() -> None:
        for block in series.values():
            _backtest(block, axis, recipe)

    with threadpool_limits(limits=1):
        return cost_of(work).per(sensors)


def make_ridge(arguments: Mapping[str, Any]) -> Pipeline:
    """The estimator of the default recipe."""
    return make_pipeline(StandardScaler(), Ridge(**arguments))


def _backtest(block: Block, axis: Axis, recipe: RecipeParameters) -> list[NDArray[np.float64]]:
    spec, arguments = recipe.features, recipe.estimator.arguments
    length = len(block.values)
    series = Series(block.first, block.values, np.zeros(length, dtype=np.bool_))
    design = build_design(series, axis.calendar(block.first, length), spec, horizon=HORIZON)
    X, y, learnable = design.values, series.values, series.learnable & design.usable
    plan = plan_backtest(length, weeks=12, per_week=axis.grid.per_week)
    forecasts = []
    for window, week in zip(plan.training, plan.scoring, strict=True):
        rows = window.start + np.flatnonzero(learnable[window.steps])
        model = make_ridge(arguments).fit(X[rows], y[rows])
        ahead = week.start + np.flatnonzero(design.usable[week.steps])
        forecasts.append(model.predict(X[ahead]))
    rows = np.flatnonzero(learnable)
    make_ridge(arguments).fit(X[rows], y[rows])
    return forecasts
