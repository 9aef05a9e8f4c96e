"""What the gate asks of each sensor: names of cohorts and kinds become arrays."""

import logging
from typing import Any

import numpy as np
import polars as pl

from modelfleet.domain.arrays import AnyArray
from modelfleet.domain.errors import listing
from modelfleet.domain.gates import Demands
from modelfleet.domain.parameters.evaluation import ByGroup, GateParameters

__all__ = ["demands_of", "warn_of_strange_groups"]

logger = logging.getLogger(__name__)


def demands_of(sensors: pl.DataFrame, gate: GateParameters) -> Demands:
    """Mode, margin and probability of each sensor: its cohort's, else its kind's, else the default.

    Args:
        sensors: ``cohort``, ``kind``; one row per sensor.
        gate: settings by group. A group that the fleet does not have changes nothing.
    """
    return Demands(
        strict=_resolve(gate.mode, sensors) == "strict",
        margin=_resolve(gate.margin, sensors).astype(np.float64),
        min_probability=_resolve(gate.min_probability, sensors).astype(np.float64),
    )


def warn_of_strange_groups(sensors: pl.DataFrame, gate: GateParameters) -> None:
    """Log the cohorts and kinds that settings name and the fleet does not have.

    Args:
        sensors: ``cohort``, ``kind``: the whole fleet.
        gate: settings by group.
    """
    for name in ("mode", "margin", "min_probability"):
        for group, column in (("kinds", "kind"), ("cohorts", "cohort")):
            known = set(sensors[column].drop_nulls())
            strangers = sorted(set(getattr(getattr(gate, name), group)) - known)
            if strangers:
                logger.warning(
                    "evaluation.gate.%s.%s: the fleet has no %s; correct parameters_evaluation.yml",
                    name,
                    group,
                    listing(strangers),
                )


def _resolve(setting: ByGroup[Any], sensors: pl.DataFrame) -> AnyArray:
    """The setting of each sensor, asked once per group; shape (n,)."""
    groups = sensors.select("cohort", "kind")
    different = groups.unique(maintain_order=True)
    found = [setting.of(cohort, kind) for cohort, kind in different.iter_rows()]
    settings = different.with_columns(setting=pl.Series(found))
    joined = groups.join(
        settings, on=["cohort", "kind"], how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["setting"].to_numpy()
