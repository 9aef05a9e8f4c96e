"""Computes a forecast again, from the release and the readings that made it."""

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from modelfleet.commands.prediction_evidence.surroundings import Surroundings
from modelfleet.domain.errors import ModelfleetError
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.fleet.inference.provisional import Provisional
from modelfleet.fleet.serving import Forecaster
from modelfleet.fleet.serving.backfill import backfill_needs_from, trace_forecast
from modelfleet.fleet.serving.explained import Explanation
from modelfleet.fleet.serving.explanation import explain_step, summed_with

if TYPE_CHECKING:
    from modelfleet.stores.release_store import Release

__all__ = ["compute_again"]


def compute_again(
    around: Surroundings, release: "Release | None"
) -> tuple[Explanation | None, str | None]:
    """What a forecast was made of, or why that cannot be found out.

    Args:
        around: the prediction and its tables.
        release: that made it; ``None`` where baselines alone did.

    Returns:
        explanation and problem; both ``None`` for a sensor that the release does not know: nothing
        was computed then.
    """
    try:
        forecaster = release.forecaster if release else _baselines_alone(around)
        if around.sensor_id not in forecaster.content.ids:
            return None, None
        return _explained(around, forecaster), None
    except ModelfleetError as error:
        return None, str(error)


def _explained(around: Surroundings, forecaster: Forecaster) -> Explanation:
    together = summed_with(forecaster.content, around.sensor_id)
    packages = tuple(around.parameters["training"]["allowed_packages"])
    since = backfill_needs_from(forecaster, [around.origin])
    outcome, covariates = trace_forecast(
        forecaster,
        around.readings_then(since, together),
        origin=around.origin,
        sensors=together,
        covariates=around.covariates,
        excluded=around.excluded,
        packages=packages,
    )
    at = around.row["timestamp"]
    return explain_step(outcome, around.sensor_id, at, covariates=covariates, packages=packages)


def _baselines_alone(around: Surroundings) -> Forecaster:
    """What forecast where no release was proved: configured baselines, of readings alone."""
    return Forecaster.of(
        Provisional.of(
            around.sensors.filter(pl.col("sensor_id") == around.sensor_id),
            last=around.origin - timedelta(minutes=around.fleet.grid.step_minutes),
            reason=around.row["reason"],
            fleet=around.fleet,
            baseline=BaselineParameters.model_validate(around.parameters["baseline"]),
        )
    )
