"""Forecasts of the whole fleet for one origin after the other: every sensor gets its rows.

A release that fails costs its sensors their models and nobody else anything: their configured
baselines speak of the readings alone.
"""

import functools
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.fleet import FleetParameters
from modelfleet.fleet.inference.live import Service
from modelfleet.fleet.inference.plan import InferencePlan
from modelfleet.fleet.inference.provisional import Provisional
from modelfleet.fleet.inference.rows import makers_of, prediction_rows, without_release
from modelfleet.fleet.inference.schema import NO_VERIFIED_RELEASE, PREDICTION_SCHEMA, RELEASE_FAILED
from modelfleet.fleet.isolation import Failure, attempt
from modelfleet.fleet.roster import Periods
from modelfleet.fleet.serving import Forecaster, backfill

__all__ = ["Inputs", "forecast_fleet"]

logger = logging.getLogger(__name__)

NOT_PROVED = "no release is proved for this sensor's cohort"


@dataclass(frozen=True)
class Inputs:
    """What forecasts are made from, whoever makes them.

    Attributes:
        readings: ``sensor_id``, ``timestamp``, ``value``.
        covariates: companions of the fleet.
        excluded: periods by sensor that no pattern is learned from, in grid indices.
        sensors: metadata of the fleet.
        fleet: grid, clock and horizon.
        baseline: who gets which.
        packages: that estimators may come from.
    """

    readings: pl.LazyFrame
    covariates: pl.DataFrame
    excluded: Mapping[str, Periods]
    sensors: pl.DataFrame
    fleet: FleetParameters
    baseline: BaselineParameters
    packages: Sequence[str]


def forecast_fleet(plan: InferencePlan, inputs: Inputs) -> Iterator[pl.DataFrame]:
    """Forecast every known sensor.

    Returns:
        one table per new origin, in order:
        :data:`~modelfleet.fleet.inference.schema.PREDICTION_SCHEMA`, sorted.
    """
    parts = [_Part(service, plan, inputs).rows() for service in plan.services]
    for origin in plan.new:
        found = [next(part) for part in parts] or [pl.DataFrame(schema=PREDICTION_SCHEMA)]
        logger.info("origin %s: forecast", f"{origin:%Y-%m-%d %H:%M} UTC")
        yield pl.concat(found).sort("sensor_id", "timestamp")


@dataclass(frozen=True)
class _Part:
    """What one service has to say, origin after origin."""

    service: Service
    plan: InferencePlan
    inputs: Inputs

    def rows(self) -> Iterator[pl.DataFrame]:
        """By the release as long as it can, then by the baselines alone."""
        rid = self.service.rid
        maker = None if rid is None else self.plan.forecasters[rid]
        if rid is None or maker is None:
            reason, error, made = NO_VERIFIED_RELEASE, NOT_PROVED, None
        elif isinstance(maker, Failure):
            reason, error, made = RELEASE_FAILED, _failed(rid, maker), None
        else:
            reason, error, made = "", "", self._made(maker)
        for origin in self.plan.new:
            if made is not None:
                found = attempt(functools.partial(next, made), what=f"release {str(rid)[:12]}")
                if not isinstance(found, Failure):
                    yield found
                    continue
                reason, error, made = RELEASE_FAILED, _failed(str(rid), found), None
            yield self._alone(origin, reason, error)

    def _made(self, forecaster: Forecaster) -> Iterator[pl.DataFrame]:
        """What a release says of its sensors.

        A rule on the sum of a cohort needs all of its sensors and the one it is measured by,
        whoever serves them: then the whole release is asked.
        """
        content, inputs, own = forecaster.content, self.inputs, self.service.sensors
        asked = sorted({*own, *content.ids}) if content.rules.sums else list(own)
        makers = makers_of(content)
        made = backfill(
            forecaster,
            self._readings_of(asked),
            origins=self.plan.new,
            sensors=asked,
            covariates=inputs.covariates,
            excluded=inputs.excluded,
            packages=inputs.packages,
        )
        for origin, found in made:
            mine = found.filter(pl.col("sensor_id").is_in(own)) if len(asked) > len(own) else found
            yield self._told(mine, makers, origin)

    def _alone(self, origin: datetime, reason: str, error: str) -> pl.DataFrame:
        """What the baselines say of the readings alone."""
        inputs, own = self.inputs, self.service.sensors
        since = origin - timedelta(weeks=inputs.fleet.history_weeks)
        known = pl.col("timestamp").is_between(since, origin, closed="left")
        forecaster = Forecaster.of(
            Provisional.of(
                pl.DataFrame({"sensor_id": own}).join(inputs.sensors, on="sensor_id", how="left"),
                last=origin - timedelta(minutes=inputs.fleet.grid.step_minutes),
                reason=reason,
                fleet=inputs.fleet,
                baseline=inputs.baseline,
            )
        )
        found = forecaster.predict(
            self._readings_of(own).filter(known),
            at=origin,
            sensors=own,
            excluded=inputs.excluded,
        )
        makers = makers_of(forecaster.content)
        return without_release(self._told(found, makers, origin), error)

    def _readings_of(self, sensors: Collection[str]) -> pl.LazyFrame:
        """Readings of some sensors; of all of them there is nothing to look for."""
        readings = self.inputs.readings
        if len(self.plan.services) == 1:
            return readings
        return readings.filter(pl.col("sensor_id").is_in(list(sensors)))

    def _told(self, found: pl.DataFrame, makers: pl.DataFrame, origin: datetime) -> pl.DataFrame:
        version = self.plan.readings_version
        return prediction_rows(found, makers, origin=origin, readings_version=version)


def _failed(rid: str, failure: Failure) -> str:
    return f"release {rid[:12]} cannot forecast: {failure.reason}"
