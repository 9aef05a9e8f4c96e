"""Limits of each sensor: the general ones, and the exceptions that owners made, with reasons."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from modelfleet.domain.admission import AdmissionLimits
from modelfleet.domain.arrays import IntArray
from modelfleet.domain.errors import listing
from modelfleet.domain.parameters.validation import LimitException, ValidationParameters

__all__ = ["SensorLimits", "limits_of", "warn_of_strangers"]

logger = logging.getLogger(__name__)

GENERAL = -1
RANKS = (("kinds", "kind"), ("cohorts", "cohort"), ("sensors", "sensor_id"))
"""From the widest group to the narrowest; the narrower one wins."""


@dataclass(frozen=True)
class SensorLimits:
    """What each of ``n`` sensors must bring.

    Attributes:
        limits: the limits that apply.
        general: the limits without exceptions.
        origin: name of a limit to the position of the exception that set it, :data:`GENERAL` where
            none did; shapes (n,). Limits that no exception sets are absent.
        exceptions: from configuration.
    """

    limits: AdmissionLimits
    general: AdmissionLimits
    origin: Mapping[str, IntArray]
    exceptions: Sequence[LimitException]

    def reason(self, limit: str | None, position: int) -> str | None:
        """Why a sensor has another limit than the general one, or ``None``."""
        if limit is None or limit not in self.origin:
            return None
        chosen = int(self.origin[limit][position])
        return None if chosen == GENERAL else self.exceptions[chosen].reason


def limits_of(sensors: pl.DataFrame, validation: ValidationParameters) -> SensorLimits:
    """Lay the exceptions over the general limits: sensor over cohort over kind, later over earlier.

    Args:
        sensors: ``sensor_id``, ``cohort``, ``kind``: the fleet.
        validation: limits and exceptions. One that names a group which the fleet does not have
            changes nothing.
    """
    general = AdmissionLimits.uniform(validation.admission, len(sensors))
    values = {name: array.copy() for name, array in vars(general).items()}
    origin: dict[str, IntArray] = {}
    for group, column in RANKS:
        for position, exception in enumerate(validation.exceptions):
            names: tuple[str, ...] = getattr(exception, group)
            if not names:
                continue
            concerned = sensors[column].is_in(names).fill_null(value=False).to_numpy()
            for limit, value in exception.limits.given.items():
                values[limit][concerned] = value
                chosen = origin.setdefault(limit, np.full(len(sensors), GENERAL))
                chosen[concerned] = position
    return SensorLimits(AdmissionLimits(**values), general, origin, validation.exceptions)


def warn_of_strangers(sensors: pl.DataFrame, validation: ValidationParameters) -> None:
    """Log the sensors, cohorts and kinds that exceptions name and the fleet does not have."""
    for group, column in RANKS:
        known = set(sensors[column].drop_nulls())
        for position, exception in enumerate(validation.exceptions):
            strangers = sorted(set(getattr(exception, group)) - known)
            if strangers:
                logger.warning(
                    "validation.exceptions[%d].%s: the fleet has no %s; correct "
                    "parameters_validation.yml",
                    position,
                    group,
                    listing(strangers),
                )
