"""What a run of inference is to forecast, by whom, and what was forecast before."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import polars as pl

from modelfleet.domain.errors import ConfigurationError, listing
from modelfleet.domain.origins import expand_origins
from modelfleet.domain.parameters.inference import InferenceParameters
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.inference.live import LiveReleases, Service, share_out
from modelfleet.fleet.isolation import Failure, attempt
from modelfleet.fleet.serving import Forecaster, backfill_needs_from

__all__ = ["InferencePlan", "Kept", "KeptPredictions", "plan_inference"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """What an origin was forecast by, in an earlier run.

    Attributes:
        releases: names, sorted.
        readings_version: of the table of readings; ``None`` where unknown.
    """

    releases: tuple[str, ...]
    readings_version: int | None


class KeptPredictions(Protocol):
    """The table of predictions as it is."""

    def kept(self, origins: Collection[datetime]) -> Mapping[datetime, Kept]:
        """Of some origins, those that are in the table."""
        ...


@dataclass(frozen=True)
class InferencePlan:
    """A run of inference.

    Attributes:
        origins: first steps that are asked for, sorted.
        kept: those of them that were forecast before, and by what.
        services: who forecasts whom; every known sensor stands in one.
        forecasters: release to what forecasts by it, or why it cannot.
        problems: why something newer does not serve, in words.
        readings_version: of the table of readings.
    """

    origins: tuple[datetime, ...]
    kept: Mapping[datetime, Kept]
    services: tuple[Service, ...]
    forecasters: Mapping[str, Forecaster | Failure]
    problems: tuple[str, ...]
    readings_version: int

    @property
    def new(self) -> tuple[datetime, ...]:
        """Origins that are to be forecast."""
        return tuple(origin for origin in self.origins if origin not in self.kept)

    @property
    def sensors(self) -> int:
        """How many are known."""
        return sum(len(service.sensors) for service in self.services)

    @property
    def until(self) -> datetime | None:
        """No reading from this time on is looked at; ``None`` where nothing is to be forecast."""
        return max(self.new, default=None)

    def since(self, least: timedelta) -> datetime | None:
        """Readings from this time on are needed; ``None`` where all of history is.

        Args:
            least: how far before an origin baselines look that speak of the readings alone.
        """
        if not self.new:
            return None
        makers = (each for each in self.forecasters.values() if isinstance(each, Forecaster))
        begins = [self.new[0] - least, *(backfill_needs_from(each, self.new) for each in makers)]
        known = [begin for begin in begins if begin is not None]
        return min(known) if len(known) == len(begins) else None


def plan_inference(
    parameters: InferenceParameters,
    *,
    axis: Axis,
    live: LiveReleases,
    table: KeptPredictions,
    known: pl.DataFrame,
    readings_version: int,
) -> InferencePlan:
    """Find out what is asked for and who can do it.

    Args:
        parameters: for when forecasts are made.
        axis: of the fleet; its end is what a quorum of the sensors has reached.
        live: what serves.
        table: predictions that are there.
        known: ``sensor_id`` and ``cohort`` of every sensor that anybody has heard of.
        readings_version: of the table of readings.

    Raises:
        ConfigurationError: an origin lies between two steps, or before all readings.
    """
    wanted = expand_origins(parameters.origins, parameters.apart, next_origin=axis.time(axis.stop))
    _check(wanted, axis)
    for problem in live.problems:
        logger.warning("not everything is proved: %s", problem)
    plan = InferencePlan(
        tuple(wanted),
        dict(table.kept(wanted)),
        share_out(live, known),
        {rid: _forecaster(live, rid) for rid in live.releases},
        tuple(map(str, live.problems)),
        readings_version,
    )
    _tell(plan)
    return plan


def _check(origins: Collection[datetime], axis: Axis) -> None:
    between = [origin.isoformat() for origin in origins if axis.time(axis.index(origin)) != origin]
    if between:
        raise ConfigurationError(
            f"inference.origins: {listing(between)} lies between two steps of "
            f"{axis.step_minutes} minutes; take a time on the grid"
        )
    early = [origin.isoformat() for origin in origins if axis.index(origin) <= axis.first]
    if early:
        raise ConfigurationError(
            f"inference.origins: {listing(early)} lies before the fleet's readings, which are "
            f"{axis.period}; take a later time"
        )


def _forecaster(live: LiveReleases, rid: str) -> Forecaster | Failure:
    return attempt(lambda: live.releases[rid].forecaster, what=f"release {rid[:12]}")


def _tell(plan: InferencePlan) -> None:
    """Say what is not forecast again, and whom no release serves."""
    now = tuple(sorted(service.rid for service in plan.services if service.rid))
    for origin, kept in plan.kept.items():
        logger.info(
            "origin %s was forecast before, by %s from readings version %s: nothing is added%s",
            f"{origin:%Y-%m-%d %H:%M} UTC",
            ", ".join(rid[:12] for rid in kept.releases) or "baselines alone",
            kept.readings_version,
            _difference(kept, now, plan.readings_version),
        )
    for service in plan.services:
        if service.rid is None:
            logger.error(
                "no release is proved for %d sensors, %s: their baselines speak of the readings "
                "alone; `modelfleet audit` says why",
                len(service.sensors),
                listing(service.sensors),
            )


def _difference(kept: Kept, releases: tuple[str, ...], version: int) -> str:
    news = [
        *(["another release is live"] if kept.releases != releases else []),
        *(["there are later readings"] if kept.readings_version != version else []),
    ]
    return f", though {' and '.join(news)}" if news else ""
